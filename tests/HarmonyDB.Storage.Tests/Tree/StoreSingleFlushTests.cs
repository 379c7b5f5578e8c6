using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Tree;
using Xunit;

namespace HarmonyDB.Storage.Tests.Tree;

/// <summary>A small flushed commit flushes once; whatever subset of its sectors survives a power cut, the store opens whole.</summary>
public sealed class StoreSingleFlushTests
{
    [Fact]
    public void Commit_SmallOnes_FlushOnceEach()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = StoreFixture.Open(disk);
        StoreFixture.Put(store, Durability.Flushed, ([1], [1]));
        long before = disk.Counters.Flushes;
        for (byte i = 0; i < 10; i++)
        {
            StoreFixture.Put(store, Durability.Flushed, ([1], [i]));
        }

        Assert.Equal(10, disk.Counters.Flushes - before);

        // Nobody listed what a deferred commit, a large value, or a large commit wrote.
        StoreFixture.Put(store, Durability.Deferred, ([2], [1]));
        before = disk.Counters.Flushes;
        StoreFixture.Put(store, Durability.Flushed, ([3], [1]));
        Assert.Equal(2, disk.Counters.Flushes - before);
        StoreFixture.Put(store, Durability.Flushed, ([3], new byte[50_000]));
        Assert.Equal(4, disk.Counters.Flushes - before);
        StoreFixture.Fill(store, 0, 20_000, 100);
        Assert.Equal(6, disk.Counters.Flushes - before);
        StoreFixture.AssertHealthy(store);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void W15_EverySubsetOfUnflushedSectors_OpensAtOldOrNewStateWhole(int commitsBefore)
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk(maximumFileBytes: 1 << 20);
        using Store store = StoreFixture.Open(disk);
        StoreFixture.Fill(store, 0, 12, 8);
        for (int i = 0; i < commitsBefore; i++)
        {
            StoreFixture.Fill(store, 0, 3, 9 + i);
        }

        int oldBytes = StoreFixture.Get(store, StoreFixture.Key(0))!.Length;
        int newBytes = CommitUntilFlush(disk, store);
        IReadOnlyList<long> sectors = disk.ListUnflushedSectors(StoreFixture.StorePath);
        Assert.InRange(sectors.Count, 4, 14);
        int newStates = 0;
        for (int subset = 0; subset < 1 << sectors.Count; subset++)
        {
            int arrived = subset;
            using SimulatedDisk crashed = disk.CrashedCopy(
                StoreFixture.StorePath, sector => (arrived >> IndexOf(sectors, sector) & 1) != 0, lengthArrives: (subset & 1) == 0);
            int found = AssertWhole(crashed, oldBytes, newBytes, $"subset {subset:X} of {sectors.Count} sectors");
            newStates += found == newBytes ? 1 : 0;
        }

        // The list is exact: with any sector missing that differs, it is the old state.
        Assert.Equal(1, newStates);
    }

    [Fact]
    public void W16_EverySubsetOfTwoCrashesInARow_OpensWhole()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk(maximumFileBytes: 1 << 20);
        using Store store = StoreFixture.Open(disk);
        StoreFixture.Fill(store, 0, 12, 8);
        StoreFixture.Fill(store, 0, 3, 9);
        int newBytes = CommitUntilFlush(disk, store);
        IReadOnlyList<long> sectors = disk.ListUnflushedSectors(StoreFixture.StorePath);
        for (int subset = 0; subset < 1 << sectors.Count; subset += 1 + (subset % 3))
        {
            int arrived = subset;
            using SimulatedDisk crashed = disk.CrashedCopy(StoreFixture.StorePath, sector => (arrived >> IndexOf(sectors, sector) & 1) != 0, lengthArrives: true);
            using Store recovered = StoreFixture.Open(crashed);
            int oldBytes = StoreFixture.Get(recovered, StoreFixture.Key(0))!.Length;

            // W17: the first commit after the repair, cut short in its turn. It has the number of the one that was lost.
            int secondBytes = CommitUntilFlush(crashed, recovered, 20);
            IReadOnlyList<long> secondSectors = crashed.ListUnflushedSectors(StoreFixture.StorePath);
            for (int i = 0; i < 6; i++)
            {
                int mask = (subset * 31) + (i * 977);
                using SimulatedDisk again = crashed.CrashedCopy(
                    StoreFixture.StorePath, sector => (mask >> (IndexOf(secondSectors, sector) % 12) & 1) != 0, lengthArrives: true);
                AssertWhole(again, oldBytes, secondBytes, $"subset {subset:X}, then mask {mask:X}; {newBytes}");
            }
        }
    }

    [Fact]
    public void W17_KilledAfterCommitThenPowerLost_KeepsWhatWasAcknowledged()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        Store store = StoreFixture.Open(disk);
        StoreFixture.Fill(store, 0, 12, 8);
        StoreFixture.Fill(store, 0, 12, 9);
        CommitUntilFlush(disk, store);
        disk.Crash(CrashKind.ProcessKilled);
        store.Dispose();

        // The commit is whole in the cache, so it counts; but nothing of it is on the device. The next commit overwrites the older meta page
        // and must not do so before that is.
        for (int operation = 1; operation < 40; operation++)
        {
            using SimulatedDisk copy = disk.CrashedCopy(CrashKind.ProcessKilled, (ulong)operation);
            Store reopened = StoreFixture.Open(copy);
            Assert.Equal(10, StoreFixture.Get(reopened, StoreFixture.Key(0))!.Length);
            copy.InjectFault(null, operation, DiskFault.PowerCut);
            bool isFinished = Record.Exception(() => StoreFixture.Fill(reopened, 0, 12, 11)) is null;
            reopened.Dispose();
            copy.Crash(CrashKind.PowerLostTorn);
            using Store last = StoreFixture.Open(copy);
            StoreFixture.AssertHealthy(last);
            Assert.InRange(StoreFixture.Get(last, StoreFixture.Key(0))!.Length, isFinished ? 11 : 9, 11);
            if (isFinished)
            {
                return;
            }
        }

        Assert.Fail("The commit never finished.");
    }

    [Fact]
    public void Dispose_AfterSingleFlushCommit_LeavesTwoMetasOfTheNewestState()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using (Store store = StoreFixture.Open(disk))
        {
            StoreFixture.Put(store, Durability.Flushed, ([1], [0]));
            StoreFixture.Put(store, Durability.Flushed, ([1], [1]));
        }

        byte[] file = StoreCrashTests.ReadFile(disk);
        for (int slot = 0; slot < 2; slot++)
        {
            byte[] damaged = (byte[])file.Clone();
            damaged[(slot * 4096) + 40] ^= 1;
            using SimulatedDisk copy = StoreCrashTests.WithFile(damaged);
            using Store store = StoreFixture.Open(copy);
            Assert.Equal([1], StoreFixture.Get(store, [1]));
            Assert.Null(store.DiscardedTxId);
            StoreFixture.Put(store, Durability.Flushed, ([1], [2]));
            StoreFixture.AssertHealthy(store);
        }
    }

    [Fact]
    public void Open_PageOfTheLastCommitDamagedAfterCleanClose_IsDamageAndNotAnUnfinishedCommit()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using (Store store = StoreFixture.Open(disk))
        {
            StoreFixture.Put(store, Durability.Flushed, ([1], [0]));
            StoreFixture.Put(store, Durability.Flushed, ([1], [1]));
        }

        byte[] file = StoreCrashTests.ReadFile(disk);
        int refused = 0;
        for (int page = 2; page < file.Length / 4096; page++)
        {
            byte[] damaged = (byte[])file.Clone();
            damaged[(page * 4096) + 2000] ^= 1;
            using SimulatedDisk copy = StoreCrashTests.WithFile(damaged);
            try
            {
                using Store store = StoreFixture.Open(copy, checks: false);
                Assert.Equal([1], StoreFixture.Get(store, [1]));
            }
            catch (StoreDamagedException)
            {
                refused++;
            }
        }

        // The leaf, the leaf of the tree of trees, and the map.
        Assert.Equal(3, refused);
    }

    private static int CommitUntilFlush(SimulatedDisk disk, Store store, int moreBytes = 1)
    {
        int bytes = StoreFixture.Get(store, StoreFixture.Key(0))!.Length + moreBytes;
        disk.InjectFault(DiskOperationKind.Flush, 1, DiskFault.PowerCut);
        Assert.ThrowsAny<IOException>(() => StoreFixture.Fill(store, 0, 12, bytes));
        return bytes;
    }

    private static int IndexOf(IReadOnlyList<long> sectors, long sector)
    {
        for (int i = 0; i < sectors.Count; i++)
        {
            if (sectors[i] == sector)
            {
                return i;
            }
        }

        return 31;
    }

    private static int AssertWhole(SimulatedDisk disk, int oldBytes, int newBytes, string where)
    {
        using Store store = StoreFixture.Open(disk);
        CheckReport report = store.Check();
        Assert.True(report.IsHealthy, $"{where}: {string.Join(Environment.NewLine, report.Problems)}");
        using ReadTransaction reader = store.BeginRead();
        List<(byte[] Key, byte[] Value)> entries = StoreFixture.ReadAll(reader);
        Assert.Equal(12, entries.Count);
        int found = entries[0].Value.Length;
        Assert.True(found == oldBytes || found == newBytes, $"{where}: {found} bytes, not {oldBytes} or {newBytes}.");
        if (found == newBytes)
        {
            Assert.All(entries, entry => Assert.Equal(newBytes, entry.Value.Length));
        }

        return found;
    }
}
