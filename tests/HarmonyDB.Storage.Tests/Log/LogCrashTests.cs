using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Log;
using Xunit;
using static HarmonyDB.Storage.Tests.Log.LogFixture;

namespace HarmonyDB.Storage.Tests.Log;

/// <summary>Power cuts and process crashes: what was flushed is there, the rest is a first part of what was appended, and the log works on.</summary>
public sealed class LogCrashTests
{
    private static readonly LogEntry[] Flushed = Entries(1, 6, 1, bytes: 90);
    private static readonly LogEntry[] Unflushed = [.. Entries(7, 9, 2, bytes: 300), .. Entries(10, 12, 3, bytes: 700), .. Entries(13, 14, 3, bytes: 1_200)];

    [Fact]
    public void W1_LastBatchCutAtEveryByte_OpensWithWhatCameBefore()
    {
        using var disk = CreateDisk();
        using var log = Open(disk);
        AppendAndFlush(log, new LogHardState(1, 1, 0), Flushed);
        var path = OnlySegment(disk);
        var flushedEnd = ContentEnd(disk, path);
        log.Append(new LogHardState(2, 1, 1), [Unflushed[0], Unflushed[1]]);
        var end = ContentEnd(disk, path);
        for (var cut = flushedEnd; cut < end; cut++)
        {
            using var copy = disk.CrashedCopy(CrashKind.ProcessKilled, 0);
            Overwrite(copy, path, cut, new byte[end - cut]);
            AssertOpensWithPrefix(copy, Flushed.Length, [.. Flushed, .. Unflushed], $"cut at byte {cut}");
        }
    }

    [Fact]
    public void W2_EachSectorOfTheUnflushedBatchesZero_OpensWithWhatCameBefore()
    {
        using var disk = CreateDisk();
        using var log = Open(disk);
        AppendAndFlush(log, new LogHardState(1, 1, 0), Flushed);
        var path = OnlySegment(disk);
        var flushedEnd = ContentEnd(disk, path);
        log.Append(null, Unflushed[..3]);
        log.Append(null, Unflushed[3..]);
        var end = ContentEnd(disk, path);
        for (var start = flushedEnd; start < end; start = ((start / 512) + 1) * 512)
        {
            using var copy = disk.CrashedCopy(CrashKind.ProcessKilled, 0);
            var length = Math.Min(end, ((start / 512) + 1) * 512) - start;
            Overwrite(copy, path, start, new byte[length]);
            AssertOpensWithPrefix(copy, Flushed.Length, [.. Flushed, .. Unflushed], $"sector at byte {start}");
        }
    }

    [Fact]
    public void W3_AnySubsetOfUnflushedSectors_OpensWithWhatWasFlushed()
    {
        using var disk = CreateDisk();
        using var log = Open(disk);
        AppendAndFlush(log, new LogHardState(1, 1, 0), Flushed);
        log.Append(new LogHardState(2, 1, 0), Unflushed[..3]);
        log.Append(new LogHardState(3, 2, 0), Unflushed[3..6]);
        log.Append(null, Unflushed[6..]);
        var lengths = new HashSet<ulong>();
        for (var seed = 0ul; seed < 3_000; seed++)
        {
            using var copy = disk.CrashedCopy(CrashKind.PowerLostTorn, seed);
            lengths.Add(AssertOpensWithPrefix(copy, Flushed.Length, [.. Flushed, .. Unflushed], $"seed {seed}"));
        }

        Assert.True(lengths.Count >= 5, "the images were hardly different");
    }

    [Fact]
    public void W3_OverwriteUnflushed_AnySubsetOfSectors_GivesTheOldOrTheNewEntriesNeverAMix()
    {
        using var disk = CreateDisk();
        using var log = Open(disk);
        AppendAndFlush(log, null, Flushed);
        var replaced = Entries(4, 9, 5, bytes: 400);
        log.Append(new LogHardState(5, 2, 0), replaced);
        for (var seed = 0ul; seed < 1_000; seed++)
        {
            using var copy = disk.CrashedCopy(CrashKind.PowerLostTorn, seed);
            using var again = Open(copy);
            var found = ReadAll(again);
            LogEntry[] expected = again.LastIndex == 6 && again.TermAt(6) == 1 ? Flushed : [.. Flushed[..3], .. replaced.Take(found.Count - 3)];
            AssertEqual(expected, found, $"seed {seed}");
            Assert.True(expected == Flushed || again.HardState == new LogHardState(5, 2, 0), $"entries without their term, seed {seed}");
        }
    }

    [Fact]
    public void W6_OverwriteBelowASnapshot_NoGhostTailAndTheRightTerm()
    {
        using var disk = CreateDisk();
        using var log = Open(disk);
        AppendAndFlush(log, new LogHardState(1, 1, 0), Entries(1, 5, 1));
        AppendAndFlush(log, new LogHardState(2, 3, 0), Entries(3, 4, 2));
        using (var copy = disk.CrashedCopy(CrashKind.PowerLost, 0))
        {
            using var again = Open(copy);
            AssertEqual([.. Entries(1, 2, 1), .. Entries(3, 4, 2)], ReadAll(again));
            Assert.Equal((4ul, 2ul, new LogHardState(2, 3, 0)), (again.LastIndex, again.TermAt(4), again.HardState));
        }

        log.TruncatePrefix(5);
        log.Reset(4, 2, new LogHardState(2, 3, 4));
        disk.Crash();
        using var reset = Open(disk);
        Assert.Equal((5ul, 4ul, 2ul), (reset.FirstIndex, reset.LastIndex, reset.TermAt(4)));
        Assert.Equal(new LogHardState(2, 3, 4), reset.HardState);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(512)]
    public void W6_TornTailCutThenTheSameBatchAgain_DoesNotBringBackWhatFollowedIt(int missing)
    {
        using var disk = CreateDisk();
        var log = Open(disk);
        AppendAndFlush(log, null, Flushed);
        var path = OnlySegment(disk);
        var start = ContentEnd(disk, path);
        log.Append(null, Unflushed[..3]);
        log.Append(null, Unflushed[3..]);
        // With nothing left of the first batch, the next one is the same to the byte, and what followed it would follow it again.
        Overwrite(disk, path, ((start + 7) & -8) + missing, new byte[16]);
        disk.Crash(CrashKind.ProcessKilled);
        var again = Open(disk);
        Assert.True(again.Recovery.CutBytes > 3_000);
        Assert.Equal(path, again.Recovery.CutPath);
        AppendAndFlush(again, null, Unflushed[((int)again.LastIndex - 6)..3]);
        for (var seed = 0ul; seed < 50; seed++)
        {
            using var copy = disk.CrashedCopy(CrashKind.PowerLostTorn, seed);
            using var third = Open(copy);
            AssertEqual([.. Flushed, .. Unflushed[..3]], ReadAll(third), $"seed {seed}");
        }
    }

    [Fact]
    public void W7_TruncatedAtEveryIndex_ReopensTheSame()
    {
        for (var index = 1ul; index <= 8; index++)
        {
            using var disk = CreateDisk();
            var log = Open(disk);
            AppendAndFlush(log, null, Entries(1, 7, 1));
            AppendAndFlush(log, null, [Entry(index, 2)]);
            disk.Crash();
            using var again = Open(disk);
            AssertEqual([.. Entries(1, index - 1, 1), Entry(index, 2)], ReadAll(again));
            Assert.Equal(index, again.LastIndex);
        }
    }

    [Fact]
    public void W9_NewSegment_IsDurableBeforeAnythingIsWrittenIntoIt()
    {
        using var disk = CreateDisk();
        using var log = Open(disk);
        log.Append(null, Entries(1, 13, 1, bytes: 800));
        disk.RecordsOperations = true;
        log.Append(null, Entries(14, 20, 1, bytes: 800));
        var names = disk.ListFiles(Folder).Select(name => Path.Combine(Folder, name)).ToArray();
        var unfinished = names[1] + ".new";
        Assert.Equal(
            [
                (DiskOperationKind.Flush, names[0]),
                (DiskOperationKind.Create, unfinished),
                (DiskOperationKind.SetLength, unfinished),
                (DiskOperationKind.Allocate, unfinished),
                (DiskOperationKind.Write, unfinished),
                (DiskOperationKind.Flush, unfinished),
                (DiskOperationKind.Rename, names[1]),
                (DiskOperationKind.FlushDirectory, Folder),
                (DiskOperationKind.Write, names[1]),
            ],
            disk.Operations.Select(operation => (operation.Kind, operation.Path)));
    }

    [Fact]
    public void W10_PowerCutAtEveryStepOfTheFirstOpening_OpensEmptyAfterwards()
    {
        var steps = 0;
        for (var done = false; !done; steps++)
        {
            for (var seed = 0ul; seed < 20; seed++)
            {
                using var disk = CreateDisk();
                disk.InjectFault(kind: null, steps + 1, DiskFault.PowerCut);
                try
                {
                    Open(disk).Dispose();
                    done = true;
                }
                catch (PowerCutException)
                {
                    using var copy = disk.CrashedCopy(CrashKind.PowerLostTorn, seed);
                    AssertOpensWithPrefix(copy, 0, [], $"step {steps}, seed {seed}");
                }
            }
        }

        Assert.True(steps > 6);
    }

    [Fact]
    public void W16_PowerCutsDuringRecovery_LoseNothingThatWasFlushed()
    {
        using var disk = CreateDisk();
        using var log = Open(disk);
        AppendAndFlush(log, new LogHardState(1, 1, 0), Flushed);
        log.Append(new LogHardState(2, 1, 0), Unflushed[..3]);
        log.Append(new LogHardState(3, 2, 0), Unflushed[3..]);
        for (var seed = 0ul; seed < 150; seed++)
        {
            using var torn = disk.CrashedCopy(CrashKind.PowerLostTorn, seed);
            for (var step = 1; step <= 4; step++)
            {
                using var second = torn.CrashedCopy(CrashKind.ProcessKilled, seed);
                second.InjectFault(kind: null, step, DiskFault.PowerCut);
                try
                {
                    Open(second).Dispose();
                    second.ClearFaults();
                }
                catch (PowerCutException)
                {
                    second.Crash(CrashKind.PowerLostTorn);
                }

                AssertOpensWithPrefix(second, Flushed.Length, [.. Flushed, .. Unflushed], $"seed {seed}, step {step}");
            }
        }
    }

    [Fact]
    public void R24_PowerCutAtEveryStepOfSavingVotes_KeepsTheLastFlushedVoteWithItsTerm()
    {
        var steps = 1;
        for (var finished = 0; finished == 0; steps++)
        {
            for (var seed = 0ul; seed < 8; seed++)
            {
                using var disk = CreateDisk();
                disk.InjectFault(kind: null, steps, DiskFault.PowerCut);
                var saved = 0ul;
                try
                {
                    using var log = Open(disk);
                    for (var term = 1ul; term <= 12; term++)
                    {
                        log.Append(new LogHardState(term, VoteOf(term), 0), Entries(log.LastIndex + 1, log.LastIndex + 2, term, bytes: 2_000));
                        log.Flush();
                        saved = term;
                    }

                    finished++;
                }
                catch (PowerCutException)
                {
                    // The crash below is what this test is about.
                    Assert.True(saved < 12);
                }

                disk.ClearFaults();
                using var copy = disk.CrashedCopy(CrashKind.PowerLostTorn, seed);
                using var again = Open(copy);
                Assert.InRange(again.HardState.Term, saved, saved + 1);
                Assert.Equal(VoteOf(again.HardState.Term), again.HardState.Vote);
                Assert.InRange(again.LastIndex, 2 * saved, (2 * saved) + 2);
            }
        }

        Assert.True(steps > 30);

        static ulong VoteOf(ulong term) => term == 0 ? 0 : 1 + (term % 5);
    }

    [Fact]
    public void Reset_PowerCutAtEveryStep_LeavesTheOldLogOrTheNewOne()
    {
        var step = 0;
        for (var done = false; !done;)
        {
            step++;
            for (var seed = 0ul; seed < 20; seed++)
            {
                using var disk = CreateDisk();
                using var log = Open(disk);
                AppendAndFlush(log, new LogHardState(3, 2, 0), Entries(1, 10, 1, bytes: 900));
                AppendAndFlush(log, null, Entries(11, 20, 1, bytes: 900));
                disk.InjectFault(kind: null, step, DiskFault.PowerCut);
                try
                {
                    log.Reset(50, 4, new LogHardState(4, 0, 50));
                    done = true;
                }
                catch (PowerCutException)
                {
                    Assert.Throws<IOException>(() => log.Append(null, [Entry(log.LastIndex + 1, 4)]));
                }

                disk.Crash(CrashKind.PowerLostTorn);
                using var again = Open(disk);
                var isNew = again.LastIndex == 50;
                Assert.True(isNew || !done);
                AssertEqual(isNew ? [] : Entries(1, 20, 1, bytes: 900), ReadAll(again), $"step {step}, seed {seed}");
                Assert.Equal(isNew ? new LogHardState(4, 0, 50) : new LogHardState(3, 2, 0), again.HardState);
                Assert.Equal(isNew ? 1 : 2, disk.ListFiles(Folder).Count);
            }
        }
    }

    [Fact]
    public void TruncatePrefix_PowerCutAtEveryStep_LeavesNoGap()
    {
        for (var step = 1; step <= 8; step++)
        {
            using var disk = CreateDisk();
            var log = Open(disk);
            for (var index = 1ul; index <= 60; index++)
            {
                log.Append(null, [Entry(index, 1, bytes: 1_000)]);
            }

            log.Flush();
            disk.InjectFault(kind: null, step, DiskFault.PowerCut);
            Record.Exception(() => log.TruncatePrefix(60));
            disk.Crash(CrashKind.PowerLostTorn);
            using var again = Open(disk);
            Assert.Equal(60ul, again.LastIndex);
            AssertEqual(Entries(again.FirstIndex, 60, 1, bytes: 1_000), ReadAll(again));
        }
    }

    private static void AppendAndFlush(SegmentedLog log, LogHardState? hardState, IReadOnlyList<LogEntry> entries)
    {
        log.Append(hardState, entries);
        log.Flush();
    }

    /// <summary>The log opens, has at least the flushed entries, then a first part of the others, and goes on working across another power cut.</summary>
    private static ulong AssertOpensWithPrefix(SimulatedDisk disk, int flushed, LogEntry[] appended, string because)
    {
        ulong last;
        LogEntry next;
        using (var log = Open(disk))
        {
            last = log.LastIndex;
            Assert.True(last >= (ulong)flushed && last <= (ulong)appended.Length, $"last index {last} {because}");
            AssertEqual(appended[..(int)last], ReadAll(log), because);
            next = Entry(last + 1, 9);
            AppendAndFlush(log, new LogHardState(9, 1, 0), [next]);
        }

        disk.Crash();
        using var again = Open(disk);
        AssertEqual([.. appended[..(int)last], next], ReadAll(again), because);
        Assert.Equal(new LogHardState(9, 1, 0), again.HardState);
        return last;
    }
}
