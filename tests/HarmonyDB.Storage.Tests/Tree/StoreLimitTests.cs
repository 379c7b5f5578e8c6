using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Tree;
using Xunit;

namespace HarmonyDB.Storage.Tests.Tree;

public sealed class StoreLimitTests
{
    [Fact]
    public void B22_SizeLimitReached_CommitFailsReadsAndDeletesGoOnAndSpaceReturns()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = Open(disk, 1 << 20, 128 << 10);
        int filled = FillUntil<StoreSizeLimitException>(store);
        AssertFullButAlive<StoreSizeLimitException>(store, filled);
        Assert.True(store.Statistics.FileBytes <= 1 << 20);
        DeleteInPortions(store, filled);
        StoreFixture.Fill(store, 100_000, 100_200, 200);
        StoreFixture.AssertHealthy(store);
        Assert.True(store.Statistics.FileBytes <= 1 << 20);
    }

    [Fact]
    public void B24_DiskFull_DeletesWorkFromTheReserveAndSpaceReturns()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = Open(disk, long.MaxValue, 128 << 10);
        disk.CapacityBytes = 1 << 20;
        int filled = FillUntil<DiskFullException>(store);
        AssertFullButAlive<DiskFullException>(store, filled);
        DeleteInPortions(store, filled);
        StoreFixture.Fill(store, 100_000, 100_200, 200);
        disk.CapacityBytes = long.MaxValue;
        StoreFixture.Fill(store, 200_000, 210_000, 200);
        StoreFixture.AssertHealthy(store);
    }

    [Fact]
    public void SizeLimit_LargeValue_IsRefusedBeforeItIsWritten()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = Open(disk, 1 << 20, 0);
        using (WriteTransaction transaction = store.BeginWrite())
        {
            TreeWriter tree = transaction.OpenTree(StoreFixture.TreeName);
            Assert.Throws<StoreSizeLimitException>(() => tree.Put([1], new byte[2 << 20]));
            Assert.Throws<InvalidOperationException>(() => transaction.Commit(Durability.Flushed));
        }

        Assert.True(store.Statistics.FileBytes <= 1 << 20);
        StoreFixture.Put(store, Durability.Flushed, ([1], new byte[100_000]));
        StoreFixture.AssertHealthy(store);
    }

    [Theory]
    [InlineData(Durability.Flushed)]
    [InlineData(Durability.Deferred)]
    public void B25_FileGrewButCannotBeMapped_CommitFailsAndStoreStaysUsable(Durability durability)
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        var failing = new MapFaultDisk(disk);
        using Store store = Store.Open(StoreFixture.StorePath, new StoreOptions { Disk = failing });
        StoreFixture.Fill(store, 0, 100, 100);
        failing.FailsToMap = true;
        Assert.Throws<MappingFailedException>(() => StoreFixture.Fill(store, 100, 5000, 100, durability));
        Assert.Equal(100, store.Check().EntryCount);
        StoreFixture.AssertHealthy(store);
        failing.FailsToMap = false;
        StoreFixture.Fill(store, 100, 5000, 100, durability);
        Assert.Equal(5000, store.Check().EntryCount);
        StoreFixture.AssertHealthy(store);
    }

    [Fact]
    public void B38_CallbackThrowsInsideTransaction_LeaksNoPage()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = StoreFixture.Open(disk);
        StoreFixture.Fill(store, 0, 2000, 100);
        StoreFixture.Put(store, Durability.Flushed, ([1], [1]));
        StoreFixture.Put(store, Durability.Flushed, ([1], [2]));
        store.BeginWrite().Dispose();
        StoreStatistics before = store.Statistics;
        for (int i = 0; i < 50; i++)
        {
            Assert.Throws<InvalidOperationException>(() => PutAndThrow(store));
        }

        StoreStatistics after = store.Statistics;
        Assert.Equal((before.PageCount, before.FreePageCount, before.PendingPageCount), (after.PageCount, after.FreePageCount, after.PendingPageCount));
        StoreFixture.AssertHealthy(store);
        Assert.Equal(2001, store.Check().EntryCount);
    }

    [Fact]
    public void BeginWrite_WhileOneIsOpen_IsRefusedAndDisturbsNothing()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = StoreFixture.Open(disk);
        using (WriteTransaction transaction = store.BeginWrite())
        {
            transaction.OpenTree(StoreFixture.TreeName).Put([1], [1]);
            Assert.Contains("nest", Assert.Throws<InvalidOperationException>(() => store.BeginWrite()).Message, StringComparison.Ordinal);
            Assert.Throws<InvalidOperationException>(() => store.CompactStep(10));
            transaction.Commit(Durability.Flushed);
            Assert.Throws<ObjectDisposedException>(() => transaction.Commit(Durability.Flushed));
        }

        Assert.Equal([1], StoreFixture.Get(store, [1]));
    }

    [Fact]
    public void Store_AfterDispose_ThrowsEverywhere()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        Store store = StoreFixture.Open(disk);
        StoreFixture.Put(store, Durability.Flushed, ([1], [1]));
        store.Dispose();
        Assert.Throws<ObjectDisposedException>(() => store.BeginRead());
        Assert.Throws<ObjectDisposedException>(() => store.BeginWrite());
        Assert.Throws<ObjectDisposedException>(() => store.Checkpoint());
        Assert.Throws<ObjectDisposedException>(() => store.CompactStep(1));
        Assert.Throws<ObjectDisposedException>(() => store.Compact());
        Assert.Throws<ObjectDisposedException>(() => store.Backup(Stream.Null));
        Assert.Throws<ObjectDisposedException>(() => store.OustReader(0));
        Assert.Throws<ObjectDisposedException>(() => store.Statistics);
        Assert.Throws<ObjectDisposedException>(() => store.Check());
    }

    private static void PutAndThrow(Store store)
    {
        using WriteTransaction transaction = store.BeginWrite();
        TreeWriter tree = transaction.OpenTree(StoreFixture.TreeName);
        for (int j = 0; j < 500; j++)
        {
            tree.Put(StoreFixture.Key(j * 7), StoreFixture.Bytes(j * 10, 1));
        }

        throw new InvalidOperationException("The caller's own.");
    }

    private static Store Open(SimulatedDisk disk, long maximumBytes, long reserveBytes) =>
        Store.Open(StoreFixture.StorePath, new StoreOptions { Disk = disk, MaximumBytes = maximumBytes, ReserveBytes = reserveBytes });

    private static int FillUntil<TException>(Store store)
        where TException : Exception
    {
        for (int i = 0; i < 100_000; i += 50)
        {
            int from = i;
            Exception? exception = Record.Exception(() => StoreFixture.Fill(store, from, from + 50, 200));
            if (exception is not null)
            {
                Assert.IsType<TException>(exception);
                return i;
            }
        }

        throw new InvalidOperationException("The store never filled up.");
    }

    private static void AssertFullButAlive<TException>(Store store, int filled)
        where TException : Exception
    {
        Assert.InRange(filled, 500, 6000);
        for (int i = 0; i < 3; i++)
        {
            Assert.Throws<TException>(() => StoreFixture.Fill(store, filled, filled + 1000, 200, Durability.Deferred));
            Assert.Equal(filled, store.Check().EntryCount);
            Assert.Equal(200, StoreFixture.Get(store, StoreFixture.Key(filled - 1))!.Length);
        }

        StoreFixture.AssertHealthy(store);
    }

    private static void DeleteInPortions(Store store, int filled)
    {
        for (int from = 0; from < filled; from += 100)
        {
            using WriteTransaction transaction = store.BeginWrite();
            TreeWriter tree = transaction.OpenTree(StoreFixture.TreeName);
            for (int i = from; i < Math.Min(from + 100, filled); i++)
            {
                Assert.True(tree.Delete(StoreFixture.Key(i)));
            }

            transaction.Commit(Durability.Flushed);
        }

        Assert.Equal(0, store.Check().EntryCount);
        StoreFixture.AssertHealthy(store);
    }
}
