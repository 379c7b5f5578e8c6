using System.Globalization;
using System.Text;
using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Tests.Tree;
using HarmonyDB.Storage.Tools;
using HarmonyDB.Storage.Tree;
using Xunit;

namespace HarmonyDB.Storage.Tests.Format;

/// <summary>
/// Files of every format version since the first release, and of the current one: each must open, be healthy, hold exactly what the dump beside it says, and
/// take writes. docs/testing.md says how a version gets its file.
/// </summary>
public sealed class FixtureTests
{
    private static string CurrentName => string.Create(CultureInfo.InvariantCulture, $"store-v{MetaPage.FormatVersion}");

    public static TheoryData<string> Stores() =>
        [.. Golden.Fixtures(".hdb").Append(CurrentName + ".hdb").Distinct().Select(static name => name[..^".hdb".Length])];

    [Theory]
    [MemberData(nameof(Stores))]
    public void Store_OfThisOrAnEarlierVersion_OpensHealthyWithItsContentsAndTakesWrites(string name)
    {
        byte[] file = Read(name);
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using (IDiskFile copy = disk.Open(StoreFixture.StorePath, DiskFileMode.CreateNew))
        {
            copy.Write(0, file);
            copy.Flush();
        }

        disk.FlushDirectory("/data");
        byte[] expected = Golden.Fixture(name + ".txt", () => Dump(disk));
        Assert.Equal(Encoding.ASCII.GetString(expected), Encoding.ASCII.GetString(Dump(disk)));
        using (Store store = StoreFixture.Open(disk))
        {
            Assert.Equal(FormatImages.StoreId, store.StoreId);
            Assert.Equal((FixtureStore.Mark, FixtureStore.Mark - 1), (store.DurableMark, store.OlderDurableMark));
            Assert.Null(store.DiscardedTxId);
            StoreFixture.AssertHealthy(store);
            for (int round = 0; round < 3; round++)
            {
                StoreFixture.Fill(store, 0, 500, 100 + round);
            }
        }

        using Store reopened = StoreFixture.Open(disk);
        Assert.Equal(StoreFixture.Bytes(102, 42), StoreFixture.Get(reopened, StoreFixture.Key(42)));
    }

    [Fact]
    public void CurrentFixture_HasOneOfEverything()
    {
        byte[] file = Read(CurrentName);
        var metas = new MetaPage?[2];
        for (int slot = 0; slot < 2; slot++)
        {
            Assert.True(MetaPage.TryRead(file.AsSpan(slot * FixtureStore.PageSizeBytes), slot, out metas[slot]));
        }

        Assert.Equal([0, 1], metas.Select(static meta => Math.Sign(meta!.Listed.Count)).Order());
        var types = new HashSet<byte>();
        bool hasPrefix = false;
        for (int page = 2; page < file.Length / FixtureStore.PageSizeBytes; page++)
        {
            ReadOnlySpan<byte> header = file.AsSpan(page * FixtureStore.PageSizeBytes, PageHeader.SizeBytes);
            if (BitConverter.ToUInt64(header[PageHeader.PageIdOffset..]) == (ulong)page)
            {
                types.Add(header[PageHeader.TypeOffset]);
                hasPrefix |= header[PageHeader.TypeOffset] == (byte)PageType.Leaf && BitConverter.ToUInt16(header[PageHeader.PrefixBytesOffset..]) > 0;
            }
        }

        Assert.Equal([1, 2, 3, 4], types.Order().Select(static type => (int)type));
        Assert.True(hasPrefix);
    }

    [Fact]
    public void StoreOfAnUnknownVersion_IsRefusedAsSuch()
    {
        byte[] page = FormatImages.MetaPage();
        BitConverter.TryWriteBytes(page.AsSpan(8), MetaPage.FormatVersion + 1);
        int list = FormatImages.Meta.Listed.Count * MetaPage.ListedBytes;
        BitConverter.TryWriteBytes(page.AsSpan(124), Crc32C.Compute([.. page.AsSpan(0, 124), .. page.AsSpan(128, list)]));
        Assert.Throws<NotSupportedException>(() => MetaPage.TryRead(page, 1, out _));
    }

    private static byte[] Read(string name) => name == CurrentName
        ? Golden.Fixture(name + ".hdb", FixtureStore.Create)
        : Golden.Fixture(name + ".hdb", () => throw new InvalidOperationException($"{name}.hdb was written by a version of the program that is gone."));

    private static byte[] Dump(SimulatedDisk disk)
    {
        using Store store = StoreFixture.Open(disk, readOnly: true);
        using ReadTransaction reader = store.BeginRead();
        using var text = new MemoryStream();
        StoreDump.Write(store, reader, text);
        return text.ToArray();
    }
}
