using HarmonyDB.Storage.Log;
using HarmonyDB.Storage.Tree;
using Xunit;

namespace HarmonyDB.Storage.Tests.Format;

/// <summary>
/// Every kind of page, header and record as bytes. A difference is a change of the format: it needs a new format version, unless nothing was released
/// in the one before.
/// </summary>
public sealed unsafe class GoldenTests
{
    [Fact]
    public void MetaPage_AsInTheGoldenFile() => Golden.AssertBytes("meta-page", FormatImages.MetaPage());

    [Fact]
    public void Leaf_WithPrefix_AsInTheGoldenFile() => AssertNode("leaf-with-prefix", FormatImages.LeafWithPrefix());

    [Fact]
    public void Leaf_WithOverflowValue_AsInTheGoldenFile() => AssertNode("leaf-with-overflow-value", FormatImages.LeafWithOverflowValue());

    [Fact]
    public void Branch_AsInTheGoldenFile() => AssertNode("branch", FormatImages.Branch());

    [Fact]
    public void OverflowRun_AsInTheGoldenFile() => Golden.AssertBytes("overflow-run-header", FormatImages.OverflowHeader());

    [Fact]
    public void SpaceMap_AsInTheGoldenFiles()
    {
        List<(ulong Page, byte[] Image)> pages = FormatImages.SpaceMapPages();
        Golden.AssertBytes("space-map-chunk-0", pages[0].Image);
        Golden.AssertBytes("space-map-chunk-1", pages[1].Image);
        Golden.AssertBytes("space-map-index", pages[2].Image);
    }

    [Fact]
    public void Backup_AsInTheGoldenFiles()
    {
        Golden.AssertBytes("backup-header", FormatImages.BackupHeader());
        Golden.AssertBytes("backup-trailer", FormatImages.BackupTrailer());
    }

    [Fact]
    public void SegmentHeader_AsInTheGoldenFile()
    {
        Golden.AssertBytes("log-segment-header", FormatImages.SegmentHeaderBlock());
        Assert.Equal(FormatImages.Header, SegmentHeader.Parse(FormatImages.SegmentHeaderBlock()).Header);
    }

    [Fact]
    public void LogRecords_AsInTheGoldenFile() => Golden.AssertBytes("log-records", FormatImages.LogRecords().Records);

    private static void AssertNode(string name, byte[] page)
    {
        Golden.AssertBytes(name, page);
        fixed (byte* pointer = page)
        {
            Assert.Null(new NodePage(pointer, page.Length).FindFault());
        }
    }
}
