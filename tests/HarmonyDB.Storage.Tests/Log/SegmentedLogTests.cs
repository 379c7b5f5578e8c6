using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Log;
using Xunit;
using static HarmonyDB.Storage.Tests.Log.LogFixture;

namespace HarmonyDB.Storage.Tests.Log;

public sealed class SegmentedLogTests
{
    [Fact]
    public void Open_NothingThere_IsEmpty()
    {
        using var disk = CreateDisk();
        using var log = Open(disk);
        Assert.True(log.Recovery.Created);
        Assert.Equal((1ul, 0ul, 0ul), (log.FirstIndex, log.LastIndex, log.DurableIndex));
        Assert.Equal(default, log.HardState);
        Assert.Equal(0ul, log.TermAt(0));
        Assert.Empty(log.TermBoundaries);
    }

    [Fact]
    public void AppendAndFlush_HundredEntries_CostOneWriteAndOneFlush()
    {
        using var disk = CreateDisk();
        using var log = Open(disk);
        var before = disk.Counters;
        log.Append(new LogHardState(1, 1, 0), Entries(1, 100, 1));
        Assert.Equal(0ul, log.DurableIndex);
        log.Flush();
        log.Flush();
        Assert.Equal(100ul, log.DurableIndex);
        Assert.Equal((1, 1, 0), (disk.Counters.Writes - before.Writes, disk.Counters.Flushes - before.Flushes, disk.Counters.DirectoryFlushes - before.DirectoryFlushes));
    }

    [Fact]
    public void Reopen_AfterFlushAndPowerCut_HasEverything()
    {
        using var disk = CreateDisk();
        using var log = Open(disk);
        log.Append(new LogHardState(2, 3, 0), [.. Entries(1, 50, 1), .. Entries(51, 300, 2)]);
        log.Flush();
        disk.Crash();
        using var again = Open(disk);
        AssertEqual([.. Entries(1, 50, 1), .. Entries(51, 300, 2)], ReadAll(again));
        Assert.Equal([(1ul, 1ul), (51ul, 2ul)], again.TermBoundaries);
        Assert.Equal(new LogHardState(2, 3, 0), again.HardState);
        Assert.Equal(300ul, again.DurableIndex);
        Assert.Equal(0, again.Recovery.CutBytes);
        Assert.Equal(302, again.Recovery.Records);
    }

    [Fact]
    public void Read_ByBytes_StopsInTimeButGivesAtLeastOne()
    {
        using var disk = CreateDisk();
        using var log = Open(disk);
        log.Append(null, Entries(1, 30, 1, bytes: 1_000));
        var read = new List<LogEntry>();
        Assert.Equal(3, log.Read(5, 31, 3_500, read));
        AssertEqual(Entries(5, 7, 1, bytes: 1_000), read);
        Assert.Equal(1, log.Read(8, 31, 0, read));
        Assert.Equal(2, log.Read(29, 1_000, long.MaxValue, read));
        Assert.Equal(0, log.Read(0, 5, 100, read));
        Assert.Equal(0, log.Read(31, 40, 100, read));
    }

    [Fact]
    public void Append_LargerThanASegment_GetsASegmentOfItsOwn()
    {
        using var disk = CreateDisk();
        using var log = Open(disk);
        log.Append(null, Entries(1, 10, 1, bytes: 5_000));
        log.Append(null, Entries(11, 12, 1));
        log.Flush();
        disk.Crash();
        using var again = Open(disk);
        AssertEqual([.. Entries(1, 10, 1, bytes: 5_000), .. Entries(11, 12, 1)], ReadAll(again));
        Assert.Equal(3, again.Recovery.Segments);
    }

    [Fact]
    public void Append_Misuse_IsRefusedAndChangesNothing()
    {
        using var disk = CreateDisk();
        using var log = Open(disk);
        log.Append(new LogHardState(2, 1, 2), Entries(1, 4, 2));
        var before = disk.Counters;
        Assert.Throws<ArgumentException>(() => log.Append(null, [Entry(6, 2)]));
        Assert.Throws<ArgumentException>(() => log.Append(null, [Entry(5, 2), Entry(7, 2)]));
        Assert.Throws<ArgumentException>(() => log.Append(null, [Entry(5, 1)]));
        Assert.Throws<ArgumentException>(() => log.Append(null, [Entry(0, 2)]));
        Assert.Throws<ArgumentException>(() => log.Append(null, [Entry(5, 2, Options.MaximumEntryBytes + 1)]));
        Assert.Throws<InvalidOperationException>(() => log.Append(null, [Entry(2, 3)]));
        Assert.Throws<InvalidOperationException>(() => log.Append(new LogHardState(2, 2, 2), []));
        Assert.Throws<InvalidOperationException>(() => log.Append(new LogHardState(1, 0, 2), []));
        Assert.Throws<ArgumentOutOfRangeException>(() => log.TermAt(5));
        Assert.Throws<ArgumentOutOfRangeException>(() => log.TruncatePrefix(6));
        Assert.Equal(before, disk.Counters);
        AssertEqual(Entries(1, 4, 2), ReadAll(log));
    }

    [Fact]
    public void TruncatePrefix_WholeSegments_AreDeletedAndStayDeleted()
    {
        using var disk = CreateDisk();
        using var log = Open(disk);
        for (var index = 1ul; index <= 60; index++)
        {
            log.Append(new LogHardState(index, 1, 0), Entries(index, index, index / 10, bytes: 900));
        }

        log.TruncatePrefix(35);
        Assert.InRange(log.FirstIndex, 25ul, 35ul);
        var first = log.FirstIndex;
        Assert.Equal((first - 1) / 10, log.TermAt(first - 1));
        Assert.Equal((first, first / 10), log.TermBoundaries[0]);
        disk.Crash();
        using var again = Open(disk);
        Assert.Equal(first, again.FirstIndex);
        Assert.Equal((first - 1) / 10, again.TermAt(first - 1));
        Assert.Equal(log.TermBoundaries, again.TermBoundaries);
        Assert.Equal(log.LastIndex, again.LastIndex + (log.LastIndex - log.DurableIndex));
        Assert.Equal(again.LastIndex, again.HardState.Term);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(16 << 10, 1)]
    [InlineData(40 << 10, 3)]
    [InlineData(1 << 30, 4)]
    public void TruncatePrefix_BytesToRetain_AreLeftAlthoughNothingNeedsThem(long retainBytes, int segments)
    {
        using var disk = CreateDisk();
        using var log = Open(disk);
        for (var index = 1ul; log.LengthBytes < 4 * Options.SegmentBytes; index++)
        {
            log.Append(null, Entries(index, index, 1, bytes: 900));
        }

        log.TruncatePrefix(log.LastIndex + 1, retainBytes);

        Assert.Equal(segments * (long)Options.SegmentBytes, log.LengthBytes);
        Assert.Equal(segments, disk.ListFiles(Folder).Count);
    }

    [Fact]
    public void TruncatePrefix_OfEverything_KeepsTheHardState()
    {
        using var disk = CreateDisk();
        using var log = Open(disk);
        log.Append(new LogHardState(9, 4, 0), Entries(1, 12, 3, bytes: 1_000));
        log.Append(null, Entries(13, 24, 3, bytes: 1_000));
        log.TruncatePrefix(25);
        disk.Crash();
        using var again = Open(disk);
        Assert.Equal(new LogHardState(9, 4, 0), again.HardState);
        Assert.Equal(3ul, again.TermAt(again.FirstIndex - 1));
    }

    [Fact]
    public void TruncatePrefix_AfterALaterSegmentReplacedEntries_ReopensTheSame()
    {
        using var disk = CreateDisk();
        using var log = Open(disk);
        log.Append(null, Entries(1, 11, 1, bytes: 1_000));
        log.Append(null, Entries(8, 9, 2, bytes: 1_000));
        log.TruncatePrefix(8);
        Assert.Equal((8ul, 9ul, 1ul), (log.FirstIndex, log.LastIndex, log.TermAt(7)));
        disk.Crash();
        using var again = Open(disk);
        Assert.Equal((8ul, 9ul, 1ul), (again.FirstIndex, again.LastIndex, again.TermAt(7)));
        AssertEqual(Entries(8, 9, 2, bytes: 1_000), ReadAll(again));
    }

    [Fact]
    public void Reset_BehindASnapshot_BeginsAnew()
    {
        using var disk = CreateDisk();
        using var log = Open(disk);
        log.Append(new LogHardState(2, 1, 0), Entries(1, 30, 2, bytes: 1_000));
        log.Reset(100, 5, new LogHardState(6, 0, 100));
        Assert.Single(disk.ListFiles(Folder));
        log.Append(null, Entries(101, 103, 6));
        log.Flush();
        disk.Crash();
        using var again = Open(disk);
        Assert.Equal((101ul, 103ul, 5ul), (again.FirstIndex, again.LastIndex, again.TermAt(100)));
        Assert.Equal(new LogHardState(6, 0, 100), again.HardState);
        Assert.Equal([(101ul, 6ul)], again.TermBoundaries);
    }

    [Fact]
    public void Model_RandomOperationsAndRestarts_AgreeWithAList()
    {
        for (var seed = 0; seed < 40; seed++)
        {
            RunModel(seed);
        }
    }

    [Fact]
    public void SystemDisk_AppendedClosedAndReopened_HasEverything()
    {
        var directory = Directory.CreateTempSubdirectory("harmonydb-").FullName;
        try
        {
            var folder = Path.Combine(directory, "log");
            var log = SegmentedLog.Open(new SystemDisk(), folder, Options);
            log.Append(new LogHardState(1, 2, 0), Entries(1, 500, 1, bytes: 100));
            log.Close();
            using var again = SegmentedLog.Open(new SystemDisk(), folder, Options);
            AssertEqual(Entries(1, 500, 1, bytes: 100), ReadAll(again));
            Assert.Equal(0, again.Recovery.CutBytes);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static void RunModel(int seed)
    {
        var random = new Random(seed);
        using var disk = CreateDisk();
        var log = Open(disk);
        var model = new List<LogEntry>();
        var baseIndex = 0ul;
        var term = 1ul;
        for (var step = 0; step < 150; step++)
        {
            switch (random.Next(12))
            {
                case 0:
                    log.TruncatePrefix(log.FirstIndex + (ulong)random.Next(model.Count + 1));
                    model.RemoveRange(0, (int)(log.FirstIndex - baseIndex - 1));
                    baseIndex = log.FirstIndex - 1;
                    break;
                case 1 when random.Next(4) == 0:
                    baseIndex = log.LastIndex + (ulong)random.Next(5);
                    log.Reset(baseIndex, term, new LogHardState(term, 0, 0));
                    model.Clear();
                    break;
                case 2:
                    log.Flush();
                    log.Dispose();
                    disk.Crash(CrashKind.PowerLostTorn);
                    log = Open(disk);
                    break;
                default:
                    term += (ulong)random.Next(2);
                    var keep = random.Next(3) == 0 ? random.Next(model.Count + 1) : model.Count;
                    var first = baseIndex + (ulong)keep + 1;
                    var batch = Entries(first, first + (ulong)random.Next(6), term, random.Next(1_500));
                    log.Append(random.Next(2) == 0 ? new LogHardState(term, 0, 0) : null, batch);
                    model.RemoveRange(keep, model.Count - keep);
                    model.AddRange(batch);
                    break;
            }

            AssertEqual(model, ReadAll(log), $"at step {step} of seed {seed}");
            Assert.All(model, entry => Assert.Equal(entry.Term, log.TermAt(entry.Index)));
        }

        log.Dispose();
    }
}
