using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Log;
using HarmonyDB.Storage.Tests.Tree;
using HarmonyDB.Storage.Tree;
using Xunit;
using static HarmonyDB.Storage.Tests.Log.LogFixture;

namespace HarmonyDB.Storage.Tests.Log;

/// <summary>Log and store side by side on one disk, as in a data folder: what hits both, and full disks.</summary>
public sealed class LogAndStoreTests
{
    private const int CheckpointEntries = 12;

    [Fact]
    public void W20_LogAndStoreDamagedAroundOneCheckpoint_EachIsToldAndNeitherHidesTheOther()
    {
        using SimulatedDisk disk = CreateFolder();
        string segment = OnlySegment(disk);
        // The record that closing the log adds is vouched for by none.
        long logEnd = ContentEnd(disk, segment) - 48;
        long storeEnd;
        using (IDiskFile file = disk.Open(StoreFixture.StorePath, DiskFileMode.ReadOnly))
        {
            storeEnd = file.LengthBytes;
        }

        int both = 0;
        var random = new Random(20);
        for (int i = 0; i < 400; i++)
        {
            long logOffset = random.NextInt64(HeaderBytes, logEnd);
            long storeOffset = random.NextInt64(0, storeEnd);
            using SimulatedDisk damaged = disk.CrashedCopy(CrashKind.PowerLost, (ulong)i);
            damaged.FlipBits(segment, logOffset, 1);
            damaged.FlipBits(StoreFixture.StorePath, storeOffset, 1);
            string where = $"log byte {logOffset}, store byte {storeOffset}";
            Assert.True(Record.Exception(() => Open(damaged).Dispose()) is LogDamagedException, $"The log opened: {where}");
            Exception? refused = Record.Exception(() => AssertHoldsCheckpoint(damaged, where));
            Assert.True(refused is null or StoreDamagedException, $"{where}: {refused}");
            both += refused is null ? 0 : 1;
        }

        Assert.InRange(both, 20, 399);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void W22_TornTailOnAFullDisk_IsToldAndRepairedWhenThereIsSpace(bool refusesOverwrites)
    {
        using SimulatedDisk disk = CreateDisk();
        SegmentedLog log = Open(disk);
        log.Append(new LogHardState(1, 1, 0), Entries(1, 6, 1));
        log.Flush();
        log.Append(null, Entries(7, 9, 1, bytes: 900));
        string path = OnlySegment(disk);
        Overwrite(disk, path, ContentEnd(disk, path) - 500, new byte[300]);
        disk.Crash(CrashKind.ProcessKilled);
        disk.CapacityBytes = 1;
        if (refusesOverwrites)
        {
            // Where overwriting takes new blocks the repair cannot be made: nothing is lost, and the next opening makes it.
            disk.InjectFault(DiskOperationKind.Write, 1, DiskFault.DiskFull);
            Assert.Equal(path, Assert.Throws<DiskFullException>(() => Open(disk)).Path);
        }

        using SegmentedLog again = Open(disk);
        Assert.True(again.Recovery.CutBytes > 0);
        AssertEqual([.. Entries(1, 6, 1), .. Entries(7, 8, 1, bytes: 900)], ReadAll(again));
        again.Append(null, [Entry(9, 2)]);
        again.Flush();
        disk.Crash();
        using SegmentedLog third = Open(disk);
        Assert.Equal(9ul, third.LastIndex);
    }

    [Fact]
    public void W22_StoreOnAFullDisk_OpensReadsAndRefusesWhatNeedsSpace()
    {
        using SimulatedDisk disk = CreateFolder();
        disk.CapacityBytes = 1;
        using Store store = StoreFixture.Open(disk);
        Assert.Equal((ulong)CheckpointEntries, store.DurableMark);
        Assert.Throws<DiskFullException>(() => StoreFixture.Fill(store, 1_000, 3_000, valueBytes: 100));
        Assert.NotNull(StoreFixture.Get(store, StoreFixture.Key(1)));
        disk.CapacityBytes = long.MaxValue;
        StoreFixture.Fill(store, 1_000, 3_000, valueBytes: 100);
        StoreFixture.AssertHealthy(store);
    }

    [Fact]
    public void W18_FileCutThenWrittenAgain_IsFlushedBeforeAnythingRestsOnIt()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        Store store = StoreFixture.Open(disk);
        StoreFixture.Fill(store, 0, 2_000, valueBytes: 200);
        using (WriteTransaction transaction = store.BeginWrite())
        {
            transaction.OpenTree(StoreFixture.TreeName).DeleteRange(StoreFixture.Key(20), StoreFixture.Key(2_000));
            transaction.Commit(Durability.Flushed);
        }

        disk.RecordsOperations = true;
        store.Compact();
        StoreFixture.Fill(store, 20, 6_000, valueBytes: 200);

        // Between the cut and the first meta page that needs what was written behind it lies a flush of the file.
        List<DiskOperation> operations = [.. disk.Operations];
        int cut = operations.FindIndex(operation => operation.Kind == DiskOperationKind.SetLength);
        int growth = operations.FindIndex(cut, operation => operation.Kind == DiskOperationKind.Allocate);
        int meta = operations.FindIndex(growth, operation => operation.Kind == DiskOperationKind.Write && operation.Offset <= 4_096);
        Assert.True(cut >= 0 && growth > cut && meta > growth, $"cut {cut}, growth {growth}, meta page {meta}");
        Assert.Contains(operations[growth..meta], operation => operation.Kind == DiskOperationKind.Flush);
        store.Dispose();
        disk.Crash(CrashKind.PowerLost);
        using Store reopened = StoreFixture.Open(disk);
        StoreFixture.AssertHealthy(reopened);
        Assert.NotNull(StoreFixture.Get(reopened, StoreFixture.Key(5_999)));
    }

    private static SimulatedDisk CreateFolder()
    {
        SimulatedDisk disk = StoreFixture.CreateDisk();
        using (SegmentedLog log = Open(disk))
        {
            for (int i = 1; i <= CheckpointEntries; i++)
            {
                log.Append(new LogHardState(1, 1, (ulong)i), [Entry((ulong)i, 1)]);
                log.Flush();
            }

            log.Close();
        }

        using Store store = StoreFixture.Open(disk);
        using WriteTransaction transaction = store.BeginWrite();
        transaction.Mark = CheckpointEntries;
        TreeWriter tree = transaction.OpenTree(StoreFixture.TreeName);
        for (int i = 1; i <= CheckpointEntries; i++)
        {
            tree.Put(StoreFixture.Key(i), StoreFixture.Bytes(1_000, (byte)i));
        }

        transaction.Commit(Durability.Flushed);
        return disk;
    }

    private static void AssertHoldsCheckpoint(SimulatedDisk disk, string where)
    {
        using Store store = StoreFixture.Open(disk, readOnly: true, checks: false);
        Assert.True(store.DurableMark == CheckpointEntries, where);
        for (int i = 1; i <= CheckpointEntries; i++)
        {
            Assert.Equal(StoreFixture.Bytes(1_000, (byte)i), StoreFixture.Get(store, StoreFixture.Key(i)));
        }
    }
}
