using System.Runtime.InteropServices;
using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Log;
using HarmonyDB.Storage.Tests.Log;
using HarmonyDB.Storage.Tree;

namespace HarmonyDB.Storage.Tests.Format;

/// <summary>Bytes as the code writes them, made up so that each field has a value of its own.</summary>
internal static unsafe class FormatImages
{
    internal const int PageSizeBytes = 4096;
    internal const ulong TxId = 0x1112131415161718;
    internal const ulong PageId = 0x2122232425262728;

    internal static readonly Guid StoreId = new("01020304-0506-0708-090a-0b0c0d0e0f10");

    internal static readonly MetaPage Meta = new()
    {
        PageSizeBytes = PageSizeBytes,
        StoreId = StoreId,
        TxId = TxId,
        Mark = 0x3132333435363738,
        Root = 0x4142434445464748,
        TreeCount = 0x5152535455565758,
        PageCount = 0x6162636465666768,
        MapRoot = 0x7172737475767778,
        MapTxId = 0x8182838485868788,
        Listed = [new WrittenPage(0x9192939495969798, 0xA1A2A3A4), new WrittenPage(0xB1B2B3B4B5B6B7B8, 0xC1C2C3C4)],
    };

    internal static readonly SegmentHeader Header = new()
    {
        OwnerId = new UInt128(0x0102030405060708, 0x090A0B0C0D0E0F10),
        Sequence = 0x2122232425262728,
        FirstIndex = 0x3132333435363738,
        PreviousTerm = 0x4142434445464748,
        HardState = new LogHardState(0x5152535455565758, 0x6162636465666768, 0x7172737475767778),
        PreviousEnd = new LogPosition(0x8182838485868788, 0x1192939495969798),
        PreviousChecksum = 0xA1A2A3A4,
        IsReset = true,
        LengthBytes = 0x31B2B3B4B5B6B7B8,
        MaximumBodyBytes = 0xC1C2C3C4,
    };

    internal static byte[] MetaPage()
    {
        byte[] page = new byte[PageSizeBytes];
        Meta.Write(page, slot: 1);
        return page;
    }

    /// <summary>A leaf whose keys share a prefix: a suffix shorter than the head, one as long, one longer; an empty value.</summary>
    internal static byte[] LeafWithPrefix() => Node(
        0, ("user/1", 1, "one"u8.ToArray()), ("user/20", 0, []), ("user/3000", 4, "full"u8.ToArray()), ("user/4-long", 5, "value"u8.ToArray()));

    /// <summary>A leaf whose second value lies in an overflow run.</summary>
    internal static byte[] LeafWithOverflowValue()
    {
        byte[] reference = new byte[sizeof(uint) + OverflowReference.SizeBytes];
        BitConverter.TryWriteBytes(reference, 100_000);
        new OverflowReference(PageId, TxId).Write(reference.AsSpan(sizeof(uint)));
        return Node(0, ("a", 1, "x"u8.ToArray()), ("b-large", NodePage.OverflowFlag | 100_000, reference));
    }

    /// <summary>A branch with keys that need no cell and one that does.</summary>
    internal static byte[] Branch() => Node(
        1, ("", 0xD1D2D3D4D5D6D7D8, []), ("key1", 0xE1E2E3E4E5E6E7E8, []), ("key2-long", 0xF1F2F3F4F5F6F7F8, []), ("key3", 7, []));

    /// <summary>What comes before a value of two chunks in its run.</summary>
    internal static byte[] OverflowHeader()
    {
        byte[] header = new byte[OverflowRun.ValueOffset(OverflowValue().Length)];
        OverflowRun.WriteHeader(header, PageId, TxId, OverflowValue());
        return header;
    }

    internal static byte[] OverflowValue()
    {
        byte[] value = new byte[100_000];
        new Random(1).NextBytes(value);
        return value;
    }

    /// <summary>The map of a file of 40,000 pages of which some are used: two chunks, and an index page above them.</summary>
    internal static List<(ulong Page, byte[] Image)> SpaceMapPages()
    {
        var used = new PageBitmap();
        foreach (ulong page in new ulong[] { 2, 3, 64, 32_511, 32_512, 39_999 })
        {
            used.Add(page);
        }

        return [.. SpaceMap.Create(PageSizeBytes, TxId, used, 40_000).Change.Images];
    }

    internal static byte[] BackupHeader()
    {
        byte[] header = new byte[BackupFormat.HeaderBytes];
        BackupFormat.WriteHeader(header, StoreId, PageSizeBytes, TxId, Meta.Mark);
        return header;
    }

    internal static byte[] BackupTrailer()
    {
        byte[] trailer = new byte[BackupFormat.TrailerBytes];
        BackupFormat.WriteTrailer(trailer, Meta.PageCount, Meta.Root, Meta.TreeCount, checksum: 0x12345678);
        return trailer;
    }

    internal static byte[] SegmentHeaderBlock()
    {
        byte[] block = new byte[SegmentHeader.Bytes];
        Header.WriteTo(block);
        return block;
    }

    /// <summary>A segment with one record of each type, from the start of its records to where they end, and the seed of its checksums.</summary>
    internal static (byte[] Records, uint Seed) LogRecords()
    {
        SimulatedDisk disk = LogFixture.CreateDisk();
        using (SegmentedLog log = LogFixture.Open(disk))
        {
            log.Append(new LogHardState(3, 2, 1), [new LogEntry(1, 3, 5, "first"u8.ToArray()), new LogEntry(2, 3, 0, default)]);
            log.Flush();
            log.Append(new LogHardState(4, 1, 1), [new LogEntry(2, 4, 6, "other 2"u8.ToArray())]);
            log.Close();
        }

        string path = LogFixture.OnlySegment(disk);
        byte[] records = new byte[LogRecord.SizeOf(LogFixture.ContentEnd(disk, path) - SegmentHeader.Bytes - LogRecord.HeadBytes)];
        byte[] block = new byte[SegmentHeader.Bytes];
        using (IDiskFile file = disk.Open(path, DiskFileMode.ReadOnly))
        {
            file.Read(0, block);
            file.Read(SegmentHeader.Bytes, records);
        }

        disk.Dispose();
        return (records, SegmentHeader.Parse(block).Header!.Seed);
    }

    /// <summary>Puts entries into a page one by one, then rebuilds it as a split or merge would, which finds the common prefix.</summary>
    private static byte[] Node(int level, params (string Key, ulong Fixed, byte[] Payload)[] added)
    {
        byte* source = (byte*)NativeMemory.AllocZeroed(PageSizeBytes);
        byte* scratch = (byte*)NativeMemory.AllocZeroed(PageSizeBytes);
        byte* target = (byte*)NativeMemory.AllocZeroed(PageSizeBytes);
        try
        {
            var editor = new NodeEditor(source, PageSizeBytes);
            editor.Initialize(level, PageId, TxId);
            for (int i = 0; i < added.Length; i++)
            {
                if (!editor.TryInsert(i, System.Text.Encoding.ASCII.GetBytes(added[i].Key), added[i].Fixed, added[i].Payload, scratch))
                {
                    throw new InvalidOperationException("The entries do not fit into a page.");
                }
            }

            var entries = new NodeEntries(PageSizeBytes);
            entries.Clear(level);
            entries.AddAll(editor.Node);
            entries.Write(0, entries.Count, target, PageId, TxId);
            PageHeader.Seal(target, PageSizeBytes);
            return new ReadOnlySpan<byte>(target, PageSizeBytes).ToArray();
        }
        finally
        {
            NativeMemory.Free(source);
            NativeMemory.Free(scratch);
            NativeMemory.Free(target);
        }
    }
}
