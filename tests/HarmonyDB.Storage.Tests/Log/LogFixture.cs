using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Log;
using Xunit;

namespace HarmonyDB.Storage.Tests.Log;

/// <summary>What the log tests share: a simulated disk with small files, and entries whose content follows from index and term.</summary>
internal static class LogFixture
{
    public const string Folder = "/data/log";
    public const int HeaderBytes = 4096;

    public static readonly LogOptions Options = new() { OwnerId = 0x1234, SegmentBytes = 16 << 10, MaximumEntryBytes = 8 << 10 };

    public static SimulatedDisk CreateDisk()
    {
        return new SimulatedDisk(seed: 7, maximumFileBytes: 256 << 10);
    }

    public static SegmentedLog Open(SimulatedDisk disk, LogOptions? options = null)
    {
        return SegmentedLog.Open(disk, Folder, options ?? Options);
    }

    public static LogEntry Entry(ulong index, ulong term, int bytes = 20)
    {
        var payload = new byte[bytes];
        new Random(HashCode(index, term)).NextBytes(payload);
        return new LogEntry(index, term, (byte)(index % 7), payload);
    }

    public static LogEntry[] Entries(ulong first, ulong last, ulong term, int bytes = 20)
    {
        var entries = new List<LogEntry>();
        for (var index = first; index <= last; index++)
        {
            entries.Add(Entry(index, term, bytes));
        }

        return [.. entries];
    }

    public static List<LogEntry> ReadAll(SegmentedLog log)
    {
        var entries = new List<LogEntry>();
        log.Read(log.FirstIndex, log.LastIndex + 1, long.MaxValue, entries);
        return entries;
    }

    public static void AssertEqual(IReadOnlyList<LogEntry> expected, IReadOnlyList<LogEntry> actual, string because = "")
    {
        Assert.True(expected.Count == actual.Count, $"{expected.Count} entries expected, {actual.Count} found {because}");
        for (var i = 0; i < expected.Count; i++)
        {
            var same = expected[i].Index == actual[i].Index && expected[i].Term == actual[i].Term && expected[i].Kind == actual[i].Kind
                && expected[i].Payload.Span.SequenceEqual(actual[i].Payload.Span);
            Assert.True(same, $"entry {expected[i].Index} of term {expected[i].Term} expected, {actual[i].Index} of term {actual[i].Term} found {because}");
        }
    }

    public static string OnlySegment(SimulatedDisk disk)
    {
        return Path.Combine(Folder, Assert.Single(disk.ListFiles(Folder)));
    }

    public static void Overwrite(SimulatedDisk disk, string path, long offset, ReadOnlySpan<byte> bytes)
    {
        using var file = disk.Open(path, DiskFileMode.Open);
        file.Write(offset, bytes);
    }

    /// <summary>Where the bytes that are not zero end.</summary>
    public static long ContentEnd(SimulatedDisk disk, string path)
    {
        using var file = disk.Open(path, DiskFileMode.ReadOnly);
        var bytes = new byte[file.LengthBytes];
        file.Read(0, bytes);
        return bytes.AsSpan().LastIndexOfAnyExcept((byte)0) + 1;
    }

    private static int HashCode(ulong index, ulong term)
    {
        return (int)((index * 1_000_003) + (term * 7_919));
    }
}
