using System.Buffers.Binary;
using System.Text.RegularExpressions;
using HarmonyDB.Storage.Log;
using HarmonyDB.Storage.Tools;
using HarmonyDB.Storage.Tree;
using Xunit;

namespace HarmonyDB.Storage.Tests.Format;

/// <summary>docs/format.md against the code: every offset, length and constant of its tables.</summary>
public sealed class FormatTests
{
    [Fact]
    public void MetaPage_AsDocumented()
    {
        byte[] page = FormatImages.MetaPage();
        MetaPage meta = FormatImages.Meta;
        byte[] list = new byte[MetaPage.ListedBytes * meta.Listed.Count];
        for (int i = 0; i < meta.Listed.Count; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(list.AsSpan(i * MetaPage.ListedBytes), meta.Listed[i].Page);
            BinaryPrimitives.WriteUInt32LittleEndian(list.AsSpan((i * MetaPage.ListedBytes) + sizeof(ulong)), meta.Listed[i].Checksum);
        }

        FormatDocument.AssertDescribes(
            FormatDocument.Table("Meta pages"),
            page,
            ("magic, the characters `HARMONY0`", "HARMONY0"),
            ("format version, 2", 2),
            ("page size in bytes", FormatImages.PageSizeBytes),
            ("store id", FormatImages.StoreId.ToByteArray(bigEndian: true)),
            ("transaction id", meta.TxId),
            ("mark", meta.Mark),
            ("root page of the tree of trees", meta.Root),
            ("number of trees", meta.TreeCount),
            ("page count", meta.PageCount),
            ("root of the space map", meta.MapRoot),
            ("transaction id of that page", meta.MapTxId),
            ("*n*, number of listed pages, 128 at most", 2),
            ("this page's number", 1),
            ("checksum of bytes 0 to 123 followed by the list", Crc32C.Compute([.. page.AsSpan(0, 124), .. list])),
            ("the list: for each page its number (8) and the checksum in its header (4)", list));
        Assert.True(MetaPage.TryRead(page, 1, out MetaPage? read));
        Assert.Equal(meta with { Listed = [] }, read! with { Listed = [] });
        Assert.Equal(meta.Listed, read.Listed);
        Assert.False(MetaPage.TryRead(page, 0, out _));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void PageHeader_OfNodes_AsDocumented(int level)
    {
        byte[] page = level == 0 ? FormatImages.LeafWithPrefix() : FormatImages.Branch();
        int slots = level == 0 ? NodePage.LeafSlotBytes : NodePage.BranchSlotBytes;
        int prefixBytes = level == 0 ? "user/".Length : "key".Length;
        int cellsStart = BitConverter.ToInt32(page, 28);
        FormatDocument.AssertDescribes(
            [.. FormatDocument.Table("Page header").Where(static row => row[0] is "all" or "branch, leaf")],
            page.AsSpan(0, PageHeader.SizeBytes),
            ("checksum of byte 4 to the end of the page", Crc32C.Compute(page.AsSpan(4))),
            ("type: 1 branch, 2 leaf, 3 overflow run, 4 space map", level == 0 ? 2 : 1),
            ("level: 0 for all but branches and space maps; a branch is one above its children, 39 at most", level),
            ("number of slots", 4),
            ("page number", FormatImages.PageId),
            ("id of the transaction that wrote the page", FormatImages.TxId),
            ("prefix length", prefixBytes),
            ("bytes of the cell area that no slot uses", 0),
            ("offset of the lowest cell", cellsStart));

        // The layout: prefix, heads, children, offsets, nothing, cells.
        int heads = 32 + ((prefixBytes + 3) / 4 * 4);
        int offsets = heads + (4 * 4) + (level * 8 * 4);
        int end = offsets + (2 * 4);
        Assert.Equal(heads + (4 * slots), end);
        Assert.Equal(level == 0 ? "user/" : "key", System.Text.Encoding.ASCII.GetString(page, 32, prefixBytes));
        Assert.Equal(-1, page.AsSpan(32 + prefixBytes, heads - 32 - prefixBytes).IndexOfAnyExcept((byte)0));
        Assert.Equal(-1, page.AsSpan(end, cellsStart - end).IndexOfAnyExcept((byte)0));
        Assert.Equal(level == 0 ? 0x33303030U : 0x322D6C6FU, BitConverter.ToUInt32(page, heads + (2 * 4)));
        if (level > 0)
        {
            Assert.Equal(0xE1E2E3E4E5E6E7E8, BitConverter.ToUInt64(page, heads + (4 * 4) + 8));
            Assert.Equal(cellsStart, BitConverter.ToUInt16(page, offsets + (2 * 2)));
            Assert.Equal([0, 1, cellsStart, 1], Enumerable.Range(0, 4).Select(i => (int)BitConverter.ToUInt16(page, offsets + (2 * i))));
        }
    }

    [Fact]
    public void Cells_AsDocumented()
    {
        byte[] leaf = FormatImages.LeafWithPrefix();
        int slots = 32 + 8;
        int cell = BitConverter.ToUInt16(leaf, slots + (4 * 4) + (2 * 3));
        FormatDocument.AssertDescribes(
            [.. FormatDocument.Table("Branches and leaves").Where(static row => row[0] == "leaf").Select(static row => Resolve(row, restBytes: 2))],
            leaf.AsSpan(cell, 4 + 2 + 5),
            ("suffix length", "4-long".Length),
            ("value length; 32,768 if the value is in an overflow run", "value".Length),
            ("suffix from byte 4 on", "ng"),
            ("value; of one in an overflow run its reference", "value"));

        byte[] branch = FormatImages.Branch();
        FormatDocument.AssertDescribes(
            [.. FormatDocument.Table("Branches and leaves").Where(static row => row[0] == "branch").Select(static row => Resolve(row, restBytes: 2))],
            branch.AsSpan(BitConverter.ToInt32(branch, 28)),
            ("suffix length, more than 4", "2-long".Length),
            ("suffix from byte 4 on", "ng"));

        byte[] large = FormatImages.LeafWithOverflowValue();
        cell = BitConverter.ToUInt16(large, 32 + (2 * 4) + 2);
        Assert.Equal(32_768, BitConverter.ToUInt16(large, cell + 2));
        FormatDocument.AssertDescribes(
            FormatDocument.Table("Branches and leaves", 1),
            large.AsSpan(cell + 4 + 3, 20),
            ("length of the value", 100_000),
            ("first page of the run", FormatImages.PageId),
            ("id of the transaction that wrote it", FormatImages.TxId));
    }

    [Fact]
    public void OverflowRun_AsDocumented()
    {
        byte[] header = FormatImages.OverflowHeader();
        byte[] value = FormatImages.OverflowValue();
        Assert.Equal(32 + (2 * 4), header.Length);
        FormatDocument.AssertDescribes(
            [.. FormatDocument.Table("Page header").Where(static row => row[0] is "all" or "overflow run")],
            header.AsSpan(0, 32),
            ("checksum", Crc32C.Compute(header.AsSpan(4))),
            ("type", 3),
            ("level", 0),
            ("page number", FormatImages.PageId),
            ("id of the transaction", FormatImages.TxId),
            ("length of the value", value.Length));
        byte[] checksums =
            [.. BitConverter.GetBytes(Crc32C.Compute(value.AsSpan(0, 65_536))), .. BitConverter.GetBytes(Crc32C.Compute(value.AsSpan(65_536)))];
        FormatDocument.AssertDescribes(
            [.. FormatDocument.Table("Overflow runs").Take(2)],
            header,
            ("page header", header[..32]),
            ("checksum of each chunk of the value", checksums));
        Assert.Equal("0 to 7", FormatDocument.Table("Overflow runs")[2][1]);
        foreach ((int valueBytes, int offset) in new[] { (1, 40), (65_536, 40), (65_537, 40), (131_073, 48) })
        {
            Assert.Equal(offset, OverflowRun.ValueOffset(valueBytes));
        }
    }

    [Fact]
    public void TreeOfTrees_AsDocumented()
    {
        byte[] record = new byte[TreeRecord.SizeBytes];
        Array.Fill(record, (byte)0xFF);
        new TreeRecord(0x0102030405060708, 0x1112131415161718).Write(record);
        FormatDocument.AssertDescribes(
            FormatDocument.Table("The tree of trees"), record, ("root page", 0x0102030405060708), ("number of entries", 0x1112131415161718), ("flags, zero", 0));
    }

    [Fact]
    public void SpaceMap_AsDocumented()
    {
        List<(ulong Page, byte[] Image)> pages = FormatImages.SpaceMapPages();
        Assert.Equal([40_000UL, 40_001, 40_002], pages.Select(static page => page.Page));
        byte[] level = [0, 0, 1];
        for (int i = 0; i < pages.Count; i++)
        {
            byte[] image = pages[i].Image;
            FormatDocument.AssertDescribes(
                [.. FormatDocument.Table("Page header").Where(static row => row[0] is "all" or "space map")],
                image.AsSpan(0, 32),
                ("checksum", Crc32C.Compute(image.AsSpan(4))),
                ("type", 4),
                ("level", level[i]),
                ("page number", pages[i].Page),
                ("id of the transaction", FormatImages.TxId),
                ("place of the page in its level, from 0", i % 2));
        }

        // Pages 2, 3 and 64 of the first chunk, and its last; the first of the second chunk, and 39,999.
        Assert.Equal((0x0C, 0x01, 0x80), (pages[0].Image[32], pages[0].Image[32 + 8], pages[0].Image[^1]));
        Assert.Equal((0x01, 0x80), (pages[1].Image[32], pages[1].Image[32 + ((39_999 - 32_512) / 8)]));
        FormatDocument.AssertDescribes(
            FormatDocument.Table("The space map"),
            pages[2].Image.AsSpan(32 + 16, 16),
            ("its page number", 40_001),
            ("id of the transaction that wrote it", FormatImages.TxId));
    }

    [Fact]
    public void Backup_AsDocumented()
    {
        byte[] header = FormatImages.BackupHeader();
        FormatDocument.AssertDescribes(
            FormatDocument.Table("Backups"),
            header,
            ("magic, the characters `HARMBAK0`", "HARMBAK0"),
            ("format version, 1", 1),
            ("page size in bytes", FormatImages.PageSizeBytes),
            ("store id", FormatImages.StoreId.ToByteArray(bigEndian: true)),
            ("transaction id", FormatImages.TxId),
            ("mark", FormatImages.Meta.Mark),
            ("checksum of bytes 0 to 59", Crc32C.Compute(header.AsSpan(0, 60))));
        byte[] trailer = FormatImages.BackupTrailer();
        FormatDocument.AssertDescribes(
            FormatDocument.Table("Backups", 1),
            trailer,
            ("5, where a page has its type", 5),
            ("first page number that is not used", FormatImages.Meta.PageCount),
            ("root of the tree of trees", FormatImages.Meta.Root),
            ("number of trees", FormatImages.Meta.TreeCount),
            ("checksum of everything before it, trailer included", Crc32C.Compute(trailer.AsSpan(0, 60), 0x12345678)));
        Assert.Equal((64, 64), (header.Length, trailer.Length));
    }

    [Fact]
    public void SegmentHeader_AsDocumented()
    {
        byte[] block = FormatImages.SegmentHeaderBlock();
        SegmentHeader header = FormatImages.Header;
        byte[] owner = new byte[16];
        BinaryPrimitives.WriteUInt128LittleEndian(owner, header.OwnerId);
        FormatDocument.AssertDescribes(
            FormatDocument.Table("Segment header"),
            block,
            ("magic, the characters `HDB-LOG1`", "HDB-LOG1"),
            ("format version, 1", 1),
            ("flags: bit 0 = reset", 1),
            ("owner id", owner),
            ("sequence", header.Sequence),
            ("first index", header.FirstIndex),
            ("term of the entry before the first index", header.PreviousTerm),
            ("hard state when the segment was created: term", header.HardState.Term),
            ("hard state: vote", header.HardState.Vote),
            ("hard state: commit", header.HardState.Commit),
            ("sequence of the segment before", header.PreviousEnd.Segment),
            ("offset at which the segment before ends", header.PreviousEnd.Offset),
            ("checksum of the last record of the segment before", header.PreviousChecksum),
            ("largest record body", header.MaximumBodyBytes),
            ("length of the file", header.LengthBytes),
            ("checksum of bytes 0 to 4,091", Crc32C.Compute(block.AsSpan(0, 4092))));
        Assert.Equal(Crc32C.Compute([.. owner, .. BitConverter.GetBytes(header.Sequence)]), header.Seed);
    }

    [Fact]
    public void LogRecords_AsDocumented()
    {
        (byte[] records, uint seed) = FormatImages.LogRecords();
        var types = new List<byte>();
        int start = 0;
        uint? previous = null;
        while (start < records.Length)
        {
            int bodyBytes = BitConverter.ToInt32(records, start);
            int end = start + 16 + ((bodyBytes + 7) / 8 * 8);
            byte[] record = records[start..end];
            uint checksum = Crc32C.Compute(record.AsSpan(8), Crc32C.Compute(record.AsSpan(0, 4), Crc32C.Compute(BitConverter.GetBytes(4096L + start), seed)));
            FormatDocument.AssertDescribes(
                [.. FormatDocument.Table("Records").Take(6)],
                record.AsSpan(0, 16),
                ("length of the body in bytes, without padding", bodyBytes),
                ("checksum: CRC(CRC(segment seed, offset of the record in the file as 8 bytes), bytes 0 to 3, bytes 8 to the end of the padding)", checksum),
                ("checksum field of the record before", previous ?? BitConverter.ToUInt32(record, 8)),
                ("type", record[12]),
                ("kind of an entry, otherwise 0", record[12] == 4 ? record[13] : 0),
                ("0", 0));
            previous = checksum;
            types.Add(record[12]);
            start = end;
        }

        Assert.Equal(records.Length, start);
        Assert.Equal([1, 2, 4, 4, 1, 2, 3, 4, 1], types);
        AssertBody(records, 1, body => [("durable index", 2), ("sequence of the segment", 1), ("offset in that segment", BitConverter.ToUInt64(body, 32))]);
        AssertBody(records, 2, _ => [("term", 4), ("vote", 1), ("commit", 1)]);
        AssertBody(records, 3, _ => [("last index kept", 1), ("its term", 3)]);
        AssertBody(records, 4, _ => [("index", 2), ("term", 4), ("payload", "other 2")]);
    }

    [Fact]
    public void Types_AsDocumented()
    {
        string pages = FormatDocument.Table("Page header")[1][3];
        AssertNumbers<PageType>(
            pages, ("branch", PageType.Branch), ("leaf", PageType.Leaf), ("overflow run", PageType.Overflow), ("space map", PageType.SpaceMap));
        string records = string.Join(", ", FormatDocument.Table("Records", 1).Select(static row => $"{row[0]} {row[1]}").Distinct());
        AssertNumbers<RecordType>(
            records,
            ("mark", RecordType.Mark),
            ("hard state", RecordType.HardState),
            ("truncate suffix", RecordType.TruncateSuffix),
            ("entry", RecordType.Entry));
    }

    [Fact]
    public void Constants_AsDocumented()
    {
        (string What, long Value)[] expected =
        [
            ("format version of a store file", MetaPage.FormatVersion),
            ("smallest page in bytes", StoreLimits.PageBytesMinimum),
            ("largest page in bytes", StoreLimits.PageBytesMaximum),
            ("page header in bytes", PageHeader.SizeBytes),
            ("meta page in bytes, its list not counted", MetaPage.HeaderBytes),
            ("most pages that a meta page lists", MetaPage.ListedMaximum),
            ("first page that is not a meta page", (long)PageHeader.FirstPageId),
            ("most levels of a tree", StoreLimits.DepthMaximum),
            ("shortest key in bytes", 1),
            ("longest key in bytes, pages of 4,096", StoreLimits.KeyBytesMaximum(4096)),
            ("longest key in bytes, pages of 65,536", StoreLimits.KeyBytesMaximum(65_536)),
            ("longest value in bytes", StoreLimits.ValueBytesMaximum),
            ("longest slot and cell with its value inside in bytes, pages of 4,096", StoreLimits.InlineCellBytesMaximum(4096)),
            ("longest slot and cell with its value inside in bytes, pages of 65,536", StoreLimits.InlineCellBytesMaximum(65_536)),
            ("head in bytes", KeyHead.SizeBytes),
            ("slot of a leaf in bytes", NodePage.LeafSlotBytes),
            ("slot of a branch in bytes", NodePage.BranchSlotBytes),
            ("reference to an overflow run in bytes, the value's length included", NodePage.PayloadBytes(NodePage.OverflowFlag)),
            ("chunk of a large value with one checksum in bytes", OverflowRun.ChunkBytes),
            ("pages that a chunk of the space map covers, pages of 4,096", SpaceMap.PagesPerChunk(4096)),
            ("pages of the level below that an index page of the space map names, pages of 4,096", (4096 - PageHeader.SizeBytes) / 16),
            ("format version of a backup", BackupFormat.FormatVersion),
            ("format version of a log segment", SegmentHeader.FormatVersion),
            ("segment header in bytes", SegmentHeader.Bytes),
            ("record head in bytes", LogRecord.HeadBytes),
            ("version of the text of a dump", StoreDump.FormatVersion),
        ];
        Assert.Equal(
            expected.Select(static constant => $"{constant.What}: {constant.Value}"),
            FormatDocument.Table("Limits and constants").Select(static row => $"{row[0]}: {FormatDocument.Number(row[1])}"));
    }

    /// <summary>A row of a cell whose suffix has so many bytes behind the head, with its offsets as numbers.</summary>
    private static string[] Resolve(string[] row, int restBytes) =>
        [row[0], row[1] == "4 + *r*" ? (4 + restBytes).ToString(System.Globalization.CultureInfo.InvariantCulture) : row[1], row[2], row[3]];

    /// <summary>Compares the last record of a type but the mark that closing the log writes with the rows for its body.</summary>
    private static void AssertBody(byte[] records, byte type, Func<byte[], (string Content, object Value)[]> fields)
    {
        byte[] last = [];
        for (int start = 0; start < records.Length;)
        {
            int bodyBytes = BitConverter.ToInt32(records, start);
            if (records[start + 12] == type)
            {
                last = [.. new byte[16], .. records.AsSpan(start + 16, bodyBytes)];
            }

            start += 16 + ((bodyBytes + 7) / 8 * 8);
        }

        string number = type.ToString(System.Globalization.CultureInfo.InvariantCulture);
        FormatDocument.AssertDescribes([.. FormatDocument.Table("Records", 1).Where(row => row[0] == number)], last, fields(last));
    }

    private static void AssertNumbers<T>(string text, params (string Name, T Value)[] expected)
        where T : struct, Enum
    {
        Assert.Equal(Enum.GetValues<T>().Length, expected.Length);
        Assert.Equal(
            expected.Select(static pair => $"{Convert.ToInt32(pair.Value, System.Globalization.CultureInfo.InvariantCulture)} {pair.Name}"),
            Regex.Matches(text, @"\d+ [a-z ]+[a-z]").Select(static match => match.Value));
    }
}
