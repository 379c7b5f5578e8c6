using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Tree;
using Xunit;

namespace HarmonyDB.Storage.Tests.Tree;

public sealed class StoreSpaceTests
{
    [Fact]
    public void B22_ThousandDeferredBatches_KeepFileBounded()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = StoreFixture.Open(disk);
        StoreFixture.Fill(store, 0, 3000, 100);
        long treePages = store.Check().UsedPageCount;
        var random = new Random(5);
        for (int batch = 0; batch < 1000; batch++)
        {
            using WriteTransaction transaction = store.BeginWrite();
            TreeWriter tree = transaction.OpenTree(StoreFixture.TreeName);
            for (int i = 0; i < 20; i++)
            {
                tree.Put(StoreFixture.Key(random.Next(3000)), StoreFixture.Bytes(100, (byte)batch));
            }

            transaction.Commit(Durability.Deferred);
        }

        // The durable state, the newest, and what one batch writes.
        Assert.True(store.Statistics.PageCount < (3 * treePages) + 100, $"{store.Statistics.PageCount} pages for a tree of {treePages}.");
        StoreFixture.AssertHealthy(store);
        store.Checkpoint();
        StoreFixture.AssertHealthy(store);
        store.BeginWrite().Dispose();
        StoreFixture.AssertHealthy(store);
    }

    [Fact]
    public void B6_ReadersOfManyStates_SeeTheirStateUnchanged()
    {
        const int Seed = 21;
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = StoreFixture.Open(disk);
        var random = new Random(Seed);
        var model = new StoreModel(Seed, 400);
        var readers = new List<(ReadTransaction Reader, SortedDictionary<byte[], byte[]> State)>();
        for (int batch = 0; batch < 400; batch++)
        {
            model.Begin();
            using (WriteTransaction transaction = store.BeginWrite())
            {
                TreeWriter tree = transaction.OpenTree(StoreFixture.TreeName);
                for (int i = 0; i < 15; i++)
                {
                    model.Step(tree, deleteShare: 0.4);
                }

                transaction.Commit(random.Next(5) == 0 ? Durability.Flushed : Durability.Deferred);
            }

            model.Commit((ulong)batch);
            if (random.Next(3) == 0)
            {
                readers.Add((store.BeginRead($"reader {batch}"), model.Committed));
            }

            if (readers.Count > 8)
            {
                int index = random.Next(readers.Count);
                StoreModel.AssertEqual(readers[index].State, StoreFixture.ReadAll(readers[index].Reader));
                readers[index].Reader.Dispose();
                readers.RemoveAt(index);
            }

            if (batch % 50 == 0)
            {
                StoreFixture.AssertHealthy(store);
                Assert.Equal(readers.Count, store.Statistics.Readers.Count);
            }
        }

        foreach ((ReadTransaction reader, SortedDictionary<byte[], byte[]> state) in readers)
        {
            StoreModel.AssertEqual(state, StoreFixture.ReadAll(reader));
            reader.Dispose();
        }
    }

    [Fact]
    public void B18_FileGrowsDuringLongRead_ReaderGoesOn()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = StoreFixture.Open(disk);
        StoreFixture.Fill(store, 0, 100, 100);
        using ReadTransaction longReader = store.BeginRead();
        List<(byte[] Key, byte[] Value)> before = StoreFixture.ReadAll(longReader);
        long fileBytes = store.Statistics.FileBytes;
        for (int i = 0; i < 10; i++)
        {
            StoreFixture.Fill(store, 100 + (i * 1000), 1100 + (i * 1000), 200, Durability.Deferred);
        }

        Assert.True(store.Statistics.FileBytes > 4 * fileBytes);
        List<(byte[] Key, byte[] Value)> after = StoreFixture.ReadAll(longReader);
        Assert.Equal(before.Count, after.Count);
        Assert.All(before.Zip(after), static pair => Assert.Equal(pair.First.Value, pair.Second.Value));
    }

    [Fact]
    public void Commit_DiskFull_AbortsAndStoreStaysUsable()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = StoreFixture.Open(disk);
        StoreFixture.Fill(store, 0, 500, 100);
        disk.CapacityBytes = 256 * 1024;
        for (int i = 0; i < 3; i++)
        {
            Assert.Throws<DiskFullException>(() => StoreFixture.Fill(store, 500, 20_000, 100, i == 1 ? Durability.Flushed : Durability.Deferred));
            Assert.Throws<DiskFullException>(() => StoreFixture.Put(store, Durability.Flushed, ([1], new byte[1 << 20])));
            StoreFixture.AssertHealthy(store);
            Assert.Null(StoreFixture.Get(store, StoreFixture.Key(600)));
            StoreFixture.Put(store, Durability.Flushed, (StoreFixture.Key(i), [1]));
        }

        disk.CapacityBytes = long.MaxValue;
        StoreFixture.Fill(store, 500, 20_000, 100);
        StoreFixture.AssertHealthy(store);
        Assert.Equal(20_000, store.Check().EntryCount);
    }

    [Theory]
    [InlineData(DiskOperationKind.Flush, 1)]
    [InlineData(DiskOperationKind.Flush, 2)]
    [InlineData(DiskOperationKind.Write, 1)]
    [InlineData(DiskOperationKind.Write, 3)]
    public void B28_WriteOrFlushFailed_RefusesWritesUntilReopened(DiskOperationKind kind, int countdown)
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        Store store = StoreFixture.Open(disk);
        StoreFixture.Put(store, Durability.Flushed, ([1], [1]));

        // After a deferred commit there are two flushes to fail.
        StoreFixture.Put(store, Durability.Deferred, ([2], [2]));
        disk.InjectFault(kind, countdown, DiskFault.DeviceError);
        Assert.Throws<StoreFailedException>(() => StoreFixture.Put(store, Durability.Flushed, ([1], [2])));
        Assert.Throws<StoreFailedException>(() => store.BeginWrite());
        Assert.Throws<StoreFailedException>(() => store.Checkpoint());
        Assert.Equal([1], StoreFixture.Get(store, [1]));
        StoreFixture.AssertHealthy(store);
        store.Dispose();
        disk.Crash(CrashKind.PowerLost);
        using Store reopened = StoreFixture.Open(disk);
        Assert.Equal([1], StoreFixture.Get(reopened, [1]));
        StoreFixture.Put(reopened, Durability.Flushed, ([1], [3]));
        StoreFixture.AssertHealthy(reopened);
    }

    [Fact]
    public void Checkpoint_WhileWriterAndReadersRun_LosesNothing()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = StoreFixture.Open(disk);
        StoreFixture.Fill(store, 0, 500, 100);
        using var stop = new CancellationTokenSource();
        var checkpointer = new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                store.Checkpoint();
            }
        });
        Exception? failure = null;
        var readerThread = new Thread(() => failure = Record.Exception(() => ReadUntilStopped(store, stop.Token)));
        checkpointer.Start();
        readerThread.Start();
        for (int round = 0; round < 400; round++)
        {
            StoreFixture.Fill(store, 0, 500, 50 + (round % 60), round % 9 == 0 ? Durability.Flushed : Durability.Deferred);
        }

        stop.Cancel();
        checkpointer.Join();
        readerThread.Join();
        Assert.Null(failure);
        store.Checkpoint();
        StoreFixture.AssertHealthy(store);
        using SimulatedDisk crashed = disk.CrashedCopy(CrashKind.PowerLost, 3);
        using Store reopened = StoreFixture.Open(crashed);
        StoreFixture.AssertHealthy(reopened);
        Assert.Equal(50 + (399 % 60), StoreFixture.Get(reopened, StoreFixture.Key(7))!.Length);
    }

    [Fact]
    public void Checkpoint_WriterPublishesMeanwhile_RecordsTheFreePagesOfItsOwnState()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = StoreFixture.Open(disk);
        StoreFixture.Fill(store, 0, 50, 100);
        using var stop = new CancellationTokenSource();
        Exception? failure = null;
        var writer = new Thread(() => failure = Record.Exception(() =>
        {
            for (int i = 0; !stop.IsCancellationRequested; i = (i + 1) % 50)
            {
                StoreFixture.Fill(store, i, i + 1, 100, Durability.Deferred);
            }
        }));
        writer.Start();
        var problems = new List<string>();
        for (int round = 0; round < 400 && problems.Count == 0; round++)
        {
            store.Checkpoint();
            using SimulatedDisk crashed = disk.CrashedCopy(CrashKind.PowerLost, (ulong)round);
            using Store reopened = StoreFixture.Open(crashed);
            problems.AddRange(reopened.Check().Problems);
        }

        stop.Cancel();
        writer.Join();
        Assert.Null(failure);
        Assert.Empty(problems);
    }

    [Fact]
    public void B39_StoreDisposedBeforeItsReaders_ReadersFinish()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        Store store = StoreFixture.Open(disk);
        StoreFixture.Fill(store, 0, 100, 100);
        ReadTransaction reader = store.BeginRead();
        WriteTransaction writer = store.BeginWrite();
        store.Dispose();
        store.Dispose();
        Assert.Equal(100, StoreFixture.ReadAll(reader).Count);
        Assert.Throws<ObjectDisposedException>(() => store.BeginRead());
        Assert.Throws<ObjectDisposedException>(() => writer.OpenTree(StoreFixture.TreeName));
        Assert.Throws<FileLockedException>(() => StoreFixture.Open(disk));
        reader.Dispose();
        using Store reopened = StoreFixture.Open(disk);
        StoreFixture.AssertHealthy(reopened);
    }

    [Fact]
    public void BeginRead_MoreThanAllowed_Throws()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = StoreFixture.Open(disk, maximumReaders: 2);
        using ReadTransaction first = store.BeginRead();
        using (store.BeginRead())
        {
            Assert.Throws<TooManyReadersException>(() => store.BeginRead());
        }

        using ReadTransaction second = store.BeginRead();
        Assert.Equal(2, store.Statistics.Readers.Count);
    }

    [Fact]
    public void SystemDisk_ReopenAfterEachCommit_HasItsContents()
    {
        string directory = Directory.CreateTempSubdirectory("harmony-store-").FullName;
        try
        {
            for (int round = 0; round < 4; round++)
            {
                var options = new StoreOptions { Disk = new SystemDisk() };
                using Store store = Store.Open(Path.Combine(directory, "store.hdb"), options);
                Assert.Throws<FileLockedException>(() => Store.Open(store.Path, options));
                Assert.Equal(round * 1000L, store.Check().EntryCount);
                StoreFixture.Fill(store, round * 1000, (round + 1) * 1000, 300);
                StoreFixture.Fill(store, 0, 10, 50_000, Durability.Deferred);
                StoreFixture.AssertHealthy(store);
            }
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static void ReadUntilStopped(Store store, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            using ReadTransaction reader = store.BeginRead();
            List<(byte[] Key, byte[] Value)> entries = StoreFixture.ReadAll(reader);
            Assert.Equal(500, entries.Count);
            Assert.All(entries, entry => Assert.Equal(entries[0].Value.Length, entry.Value.Length));
        }
    }
}
