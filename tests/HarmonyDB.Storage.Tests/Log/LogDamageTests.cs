using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Log;
using Xunit;
using static HarmonyDB.Storage.Tests.Log.LogFixture;

namespace HarmonyDB.Storage.Tests.Log;

/// <summary>Decay, full disks, failed flushes, strange files: refused with a name, never cut, never believed.</summary>
public sealed class LogDamageTests
{
    [Fact]
    public void W4_AnyByteFlippedBeforeTheLastBatch_IsDamageAndNothingIsChanged()
    {
        using var disk = CreateDisk();
        using var log = Open(disk);
        for (var index = 1ul; index <= 5; index++)
        {
            log.Append(new LogHardState(index, 1, 0), [Entry(index, 1, bytes: 33)]);
            log.Flush();
        }

        var path = OnlySegment(disk);
        var end = ContentEnd(disk, path);
        log.Append(null, [Entry(6, 1)]);
        log.Flush();
        AssertEveryFlipIsDamage(disk, path, 0, end);
    }

    [Fact]
    public void W4_LastBatchFlippedAfterACleanClose_IsDamage()
    {
        using var disk = CreateDisk();
        var log = Open(disk);
        log.Append(new LogHardState(1, 1, 0), Entries(1, 3, 1));
        log.Flush();
        var path = OnlySegment(disk);
        var end = ContentEnd(disk, path);
        log.Close();
        disk.Crash();
        AssertEveryFlipIsDamage(disk, path, HeaderBytes, end);
    }

    [Fact]
    public void W4_FullSegmentFlippedOrShortenedOrMissing_IsDamage()
    {
        using var disk = CreateDisk();
        using var log = Open(disk);
        for (var index = 1ul; index <= 40; index++)
        {
            log.Append(null, [Entry(index, 1, bytes: 1_000)]);
        }

        log.Flush();
        var names = disk.ListFiles(Folder);
        Assert.Equal(4, names.Count);
        var second = Path.Combine(Folder, names[1]);
        AssertEveryFlipIsDamage(disk, second, 0, ContentEnd(disk, second), stride: 101);

        using var shortened = disk.CrashedCopy(CrashKind.PowerLost, 0);
        using (var file = shortened.Open(second, DiskFileMode.Open))
        {
            file.SetLength(file.LengthBytes - 1);
        }

        Assert.Equal(second, Assert.Throws<LogDamagedException>(() => Open(shortened)).Path);

        using var missing = disk.CrashedCopy(CrashKind.PowerLost, 0);
        missing.Delete(second);
        Assert.Throws<LogDamagedException>(() => Open(missing));
    }

    [Theory]
    [InlineData(true, 4ul)]
    [InlineData(false, 3ul)]
    public void Open_RecordThatNamesAnotherOneBeforeIt_IsNotPartOfTheLog(bool namesTheLastOne, ulong expected)
    {
        using var disk = CreateDisk();
        using var log = Open(disk);
        log.Append(null, Entries(1, 3, 1));
        log.Flush();
        var path = OnlySegment(disk);
        var replay = new LogReplay(disk, Folder, Options.OwnerId);
        replay.Read();
        var segment = replay.Index.Segments[0];
        var bytes = new byte[LogRecord.HeadBytes + LogRecord.EntryBodyBytes];
        BitConverter.TryWriteBytes(bytes.AsSpan(LogRecord.HeadBytes), 4ul);
        BitConverter.TryWriteBytes(bytes.AsSpan(LogRecord.HeadBytes + 8), 1ul);
        var previous = namesTheLastOne ? segment.LastChecksum : segment.LastChecksum + 1;
        LogRecord.Complete(bytes, LogRecord.EntryBodyBytes, RecordType.Entry, 0, previous, segment.Seed, segment.End);
        Overwrite(disk, path, segment.End, bytes);
        replay.Dispose();
        using var again = Open(disk);
        Assert.Equal(expected, again.LastIndex);
    }

    [Fact]
    public void Read_EntryFlippedWhileOpen_IsDamageAndStopsTheLog()
    {
        using var disk = CreateDisk();
        using var log = Open(disk);
        log.Append(null, Entries(1, 3, 1));
        disk.FlipBits(OnlySegment(disk), ContentEnd(disk, OnlySegment(disk)) - 9, 1);
        Assert.Equal(2, log.Read(1, 3, 1_000, new List<LogEntry>()));
        var damage = Assert.Throws<LogDamagedException>(() => log.Read(1, 4, 1_000, new List<LogEntry>()));
        Assert.Same(damage, Assert.Throws<LogDamagedException>(() => log.Append(null, [Entry(4, 1)])));
    }

    [Fact]
    public void Open_OtherOwnerOrVersion_IsRefused()
    {
        using var disk = CreateDisk();
        Open(disk).Dispose();
        var refusal = Assert.Throws<LogDamagedException>(() => Open(disk, Options with { OwnerId = 1 }));
        Assert.Contains("another owner", refusal.Message, StringComparison.Ordinal);
        disk.FlipBits(OnlySegment(disk), 8, 2);
        refusal = Assert.Throws<LogDamagedException>(() => Open(disk));
        Assert.Contains("version is 3", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(DiskOperationKind.Write)]
    [InlineData(DiskOperationKind.Allocate)]
    [InlineData(DiskOperationKind.Create)]
    public void W5_DiskFullAtEveryStep_NothingOfTheBatchCountsAndItCanBeTriedAgain(DiskOperationKind kind)
    {
        for (var step = 1; step <= 14; step++)
        {
            using var disk = CreateDisk();
            using var log = Open(disk);
            disk.InjectFault(kind, step, DiskFault.DiskFull);
            var model = new List<LogEntry>();
            var refusals = 0;
            while (model.Count < 48)
            {
                var first = (ulong)model.Count + 1;
                var batch = Entries(first, first + 5, 1, bytes: 700);
                try
                {
                    log.Append(new LogHardState(first, 1, 0), batch);
                    model.AddRange(batch);
                }
                catch (DiskFullException)
                {
                    refusals++;
                    AssertEqual(model, ReadAll(log));

                    // Next time only the first entry: what the failed write left of the others must stay gone.
                    log.Append(new LogHardState(first, 1, 0), batch[..1]);
                    model.Add(batch[0]);
                }

                log.Flush();
                using var copy = disk.CrashedCopy(CrashKind.PowerLostTorn, (ulong)step);
                using var again = Open(copy);
                AssertEqual(model, ReadAll(again), $"{kind} {step}");
                Assert.Equal(log.HardState, again.HardState);
            }

            Assert.True(refusals == 1 || kind != DiskOperationKind.Write || step > 10, $"step {step} was never reached");
        }
    }

    [Fact]
    public void W5_DiskFullWhileDeletingSegments_LeavesThemInTheLogAndCanBeTriedAgain()
    {
        using var disk = CreateDisk();
        using var log = Open(disk);
        for (var index = 1ul; index <= 60; index++)
        {
            log.Append(null, [Entry(index, 1, bytes: 1_000)]);
        }

        log.Flush();
        disk.InjectFault(DiskOperationKind.Delete, 2, DiskFault.DiskFull);
        Assert.Throws<DiskFullException>(() => log.TruncatePrefix(60));
        var first = log.FirstIndex;
        Assert.InRange(first, 2ul, 30ul);
        AssertEqual(Entries(first, 60, 1, bytes: 1_000), ReadAll(log));
        using (var copy = disk.CrashedCopy(CrashKind.PowerLost, 0))
        {
            using var again = Open(copy);
            AssertEqual(Entries(first, 60, 1, bytes: 1_000), ReadAll(again));
        }

        log.TruncatePrefix(60);
        Assert.True(log.FirstIndex > first);
        disk.Crash();
        using var third = Open(disk);
        AssertEqual(Entries(third.FirstIndex, 60, 1, bytes: 1_000), ReadAll(third));
    }

    [Fact]
    public void W5_DiskFullWhileDeletingWhatAResetMadeVoid_IsNoFailure()
    {
        using var disk = CreateDisk();
        using var log = Open(disk);
        log.Append(null, Entries(1, 20, 1, bytes: 1_000));
        log.Flush();
        disk.InjectFault(DiskOperationKind.Delete, 1, DiskFault.DiskFull);
        log.Reset(50, 3, new LogHardState(3, 1, 50));
        log.Append(null, [Entry(51, 3)]);
        log.Flush();
        disk.Crash();
        using var again = Open(disk);
        AssertEqual([Entry(51, 3)], ReadAll(again));
        Assert.Equal(1, again.Recovery.RemovedFiles);
        OnlySegment(disk);
    }

    [Fact]
    public void W8_N1_EveryFlushFailing_NothingAfterItIsAcknowledgedAndNothingBeforeItIsLost()
    {
        for (var step = 1; step <= 12; step++)
        {
            foreach (var kind in new[] { CrashKind.PowerLost, CrashKind.ProcessKilled, CrashKind.PowerLostTorn })
            {
                using var disk = CreateDisk();
                using var log = Open(disk);
                disk.InjectFault(DiskOperationKind.Flush, step, DiskFault.DeviceError);
                DeviceFailedException? failure = null;
                while (failure is null)
                {
                    failure = Record.Exception(() =>
                    {
                        log.Append(null, Entries(log.LastIndex + 1, log.LastIndex + 3, 1, bytes: 900));
                        log.Flush();
                    }) as DeviceFailedException;
                }

                var acknowledged = log.DurableIndex;
                Assert.Same(failure, Assert.Throws<DeviceFailedException>(log.Flush));
                Assert.Same(failure, Assert.Throws<DeviceFailedException>(() => log.Append(null, [Entry(log.LastIndex + 1, 1)])));
                Assert.Equal(acknowledged, log.DurableIndex);

                disk.Crash(kind);
                ulong recovered;
                using (var again = Open(disk))
                {
                    recovered = again.DurableIndex;
                    Assert.True(recovered >= acknowledged, $"flush {step}, {kind}: {acknowledged} acknowledged, {recovered} found");
                }

                // What the failed flush dropped was still readable after a mere restart; calling it durable must have made it so.
                disk.Crash();
                using var third = Open(disk);
                AssertEqual(Entries(1, recovered, 1, bytes: 900), ReadAll(third), $"flush {step}, {kind}");
            }
        }
    }

    [Fact]
    public void W11_LengthsOutOfRange_AreNeverAllocated()
    {
        using var disk = CreateDisk();
        using var log = Open(disk);
        log.Append(null, Entries(1, 3, 1));
        log.Flush();
        var path = OnlySegment(disk);
        var end = (ContentEnd(disk, path) + 7) & -8;
        var random = new Random(11);
        foreach (var length in new uint[] { 0, 15, 17, 1 << 20, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFF0 })
        {
            using var copy = disk.CrashedCopy(CrashKind.PowerLost, 0);
            var garbage = new byte[600];
            random.NextBytes(garbage);
            BitConverter.TryWriteBytes(garbage, length);
            garbage[12] = 4;
            garbage[^1] = 1;
            Overwrite(copy, path, end, garbage);
            var before = GC.GetAllocatedBytesForCurrentThread();
            using var again = Open(copy);
            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 2 << 20, $"length {length}");
            Assert.Equal(3ul, again.LastIndex);
            Assert.Equal(600, again.Recovery.CutBytes);
        }
    }

    [Fact]
    public void W11_RandomBytesAnywhere_OpenOrRefuseWithATypedException()
    {
        using var disk = CreateDisk();
        using var log = Open(disk);
        var path = OnlySegment(disk);
        var lastBatch = 0L;
        for (var index = 1ul; index <= 20; index++)
        {
            lastBatch = ContentEnd(disk, path) & -8;
            log.Append(new LogHardState(index, 1, 0), [Entry(index, index, bytes: 200)]);
            log.Flush();
        }

        for (var seed = 0; seed < 500; seed++)
        {
            using var copy = disk.CrashedCopy(CrashKind.PowerLost, 0);
            var random = new Random(seed);
            var garbage = new byte[random.Next(1, 100)];
            random.NextBytes(garbage);
            var offset = random.Next(0, 12_000);
            Overwrite(copy, path, offset, garbage);
            var exception = Record.Exception(() =>
            {
                using var again = Open(copy);
                AssertEqual(ReadAll(log)[..(int)again.LastIndex], ReadAll(again), $"seed {seed}");
            });
            var mustBeNoticed = offset + garbage.Length <= lastBatch;
            Assert.True(exception is LogDamagedException || (exception is null && !mustBeNoticed), $"seed {seed}, byte {offset}: {exception}");
        }
    }

    [Fact]
    public void W12_ForeignFiles_AreLeftAlone()
    {
        using var disk = CreateDisk();
        Open(disk).Dispose();
        string[] foreign = ["lost+found", "0000000000000001.log", "000000000000000x-0000000000000001.log", "notes.txt", "0000000000000001-0000000000000001.log.bak"];
        foreach (var name in foreign)
        {
            using var file = disk.Open(Path.Combine(Folder, name), DiskFileMode.CreateNew);
            file.Write(0, "anything"u8);
        }

        using var log = Open(disk);
        Assert.False(log.Recovery.Created);
        Assert.Equal(foreign.Length + 1, disk.ListFiles(Folder).Count);
    }

    [Fact]
    public void Open_UnfinishedSegment_IsRemoved()
    {
        using var disk = CreateDisk();
        Open(disk).Dispose();
        disk.Open(Path.Combine(Folder, "0000000000000002-0000000000000001.log.new"), DiskFileMode.CreateNew).Dispose();
        using var log = Open(disk);
        Assert.Equal(1, log.Recovery.RemovedFiles);
        OnlySegment(disk);
    }

    private static void AssertEveryFlipIsDamage(SimulatedDisk disk, string path, long start, long end, int stride = 1)
    {
        for (var offset = start; offset < end; offset += offset < HeaderBytes ? 37 : stride)
        {
            using var copy = disk.CrashedCopy(CrashKind.PowerLost, 0);
            copy.FlipBits(path, offset, (byte)(1 << (int)(offset % 8)));
            var before = copy.Counters;
            var damage = Record.Exception(() => Open(copy)) as LogDamagedException;
            Assert.True(damage is not null, $"a flip at byte {offset} went unnoticed");
            Assert.True(damage.Path == path && damage.Offset <= offset, $"flip at {offset} reported at {damage.Offset} of {damage.Path}");
            Assert.Equal(before, copy.Counters);
        }
    }
}
