using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Tree;
using Xunit;

namespace HarmonyDB.Storage.Tests.Tree;

public sealed class StoreCompactionTests
{
    [Fact]
    public void Compact_AfterMostWasDeleted_CutsTheFileAndKeepsTheRest()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = StoreFixture.Open(disk);
        List<(byte[] Key, byte[] Value)> expected = FillWithGaps(store);
        long before = store.Statistics.FileBytes;
        var reports = new List<CompactionProgress>();
        CompactionProgress progress = store.Compact(64, new Reports(reports));
        Assert.True(progress.IsFinished);
        Assert.True(reports.Count > 5);
        StoreStatistics statistics = store.Statistics;
        Assert.True(statistics.FileBytes < (statistics.UsedPageCount + 40) * 4096, $"{before} became {statistics.FileBytes} bytes for {statistics.UsedPageCount} pages.");
        Assert.True(statistics.PageCount < statistics.UsedPageCount + (statistics.UsedPageCount / 4) + 40, $"{statistics}");
        AssertContents(store, expected);
        StoreFixture.AssertHealthy(store);

        // Nothing left to do, and the store goes on growing.
        Assert.True(store.Compact(64).IsFinished);
        StoreFixture.Fill(store, 50_000, 52_000, 200);
        StoreFixture.AssertHealthy(store);
        using SimulatedDisk crashed = disk.CrashedCopy(CrashKind.PowerLost, 1);
        using Store reopened = StoreFixture.Open(crashed);
        StoreFixture.AssertHealthy(reopened);
        Assert.Equal(expected.Count + (20 * 10) + 2000, reopened.Check().EntryCount);
    }

    [Fact]
    public void CompactStep_ReadersAtOldStates_KeepTheirPagesAndTheFileEnd()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = StoreFixture.Open(disk);
        StoreFixture.Fill(store, 0, 4000, 200);
        ReadTransaction early = store.BeginRead();
        List<(byte[] Key, byte[] Value)> earlyContents = StoreFixture.ReadAll(early);
        List<(byte[] Key, byte[] Value)> expected = FillWithGaps(store);
        ReadTransaction late = store.BeginRead();
        long before = store.Statistics.FileBytes;
        CompactionProgress progress = store.Compact(128);
        Assert.False(progress.IsFinished);
        Assert.Equal(before, store.Statistics.FileBytes);
        Assert.Equal(earlyContents.Select(entry => entry.Value), StoreFixture.ReadAll(early).Select(entry => entry.Value));
        Assert.Equal(expected.Select(entry => entry.Value), StoreFixture.ReadAll(late).Select(entry => entry.Value));
        early.Dispose();
        late.Dispose();
        Assert.True(store.Compact(128).IsFinished);
        Assert.True(store.Statistics.FileBytes < before * 3 / 5);
        AssertContents(store, expected);
        StoreFixture.AssertHealthy(store);
    }

    [Fact]
    public void W21_Compact_CutByPowerAnywhere_LosesNothing()
    {
        for (int operation = 1; operation < 400; operation += 7)
        {
            using SimulatedDisk disk = StoreFixture.CreateDisk((ulong)operation, 8 << 20);
            Store store = StoreFixture.Open(disk);
            StoreFixture.Fill(store, 0, 600, 300);
            Delete(store, 0, 500);
            disk.InjectFault(null, operation, DiskFault.PowerCut);
            bool isFinished = Record.Exception(() => store.Compact(16)) is null;
            store.Dispose();
            disk.Crash(CrashKind.PowerLostTorn);
            using Store reopened = StoreFixture.Open(disk);
            StoreFixture.AssertHealthy(reopened);
            Assert.Equal(100, reopened.Check().EntryCount);
            Assert.True(reopened.Compact(16).IsFinished);
            Assert.Equal(100, reopened.Check().EntryCount);
            if (isFinished)
            {
                return;
            }
        }

        Assert.Fail("The compaction never finished.");
    }

    [Fact]
    public void CompactStep_WhileWritersAndReadersRun_LosesNothing()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = StoreFixture.Open(disk);
        StoreFixture.Fill(store, 0, 3000, 200);
        Delete(store, 500, 3000);
        using var stop = new CancellationTokenSource();
        Exception? failure = null;
        var reader = new Thread(() => failure = Record.Exception(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                using ReadTransaction transaction = store.BeginRead();
                List<(byte[] Key, byte[] Value)> entries = StoreFixture.ReadAll(transaction);
                Assert.Equal(500, entries.Count);
                Assert.All(entries, entry => Assert.Equal(entries[0].Value.Length, entry.Value.Length));
            }
        }));
        reader.Start();
        for (int round = 0; round < 150; round++)
        {
            StoreFixture.Fill(store, 0, 500, 100 + (round % 50), round % 3 == 0 ? Durability.Flushed : Durability.Deferred);
            store.CompactStep(20);
        }

        stop.Cancel();
        reader.Join();
        Assert.Null(failure);
        StoreFixture.AssertHealthy(store);
        Assert.True(store.Compact(20).IsFinished);
        StoreFixture.AssertHealthy(store);
    }

    [Fact]
    public void CompactStep_OnTheSystemsDisk_ShrinksTheFile()
    {
        string directory = Directory.CreateTempSubdirectory("harmony-compact-").FullName;
        try
        {
            using Store store = Store.Open(Path.Combine(directory, "store.hdb"), new StoreOptions { Disk = new SystemDisk() });
            List<(byte[] Key, byte[] Value)> expected = FillWithGaps(store);
            long before = new FileInfo(store.Path).Length;
            Assert.True(store.Compact().IsFinished);
            Assert.True(new FileInfo(store.Path).Length < before * 3 / 5);
            AssertContents(store, expected);
            StoreFixture.AssertHealthy(store);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public void B8_W21_BackupWhileTheStoreIsCompactedAndRewritten_RestoresTheStateItBeganWith()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = StoreFixture.Open(disk);
        List<(byte[] Key, byte[] Value)> expected = FillWithGaps(store);
        using var backup = new MemoryStream();
        int writes = 0;
        var destination = new ObservedStream(backup, () =>
        {
            if (++writes % 20 == 0 && writes < 400)
            {
                store.CompactStep(30);
                StoreFixture.Fill(store, 0, 50, writes % 90, Durability.Deferred);
            }
        });
        BackupSummary summary = store.Backup(destination);
        Assert.Equal(backup.Length, summary.LengthBytes);
        Assert.Equal(store.StoreId, summary.StoreId);
        backup.Position = 0;
        BackupSummary restored = StoreBackup.Restore(backup, "/data/restored.hdb", disk);
        Assert.Equal(summary, restored);
        using Store copy = Store.Open("/data/restored.hdb", new StoreOptions { Disk = disk });
        StoreFixture.AssertHealthy(copy);
        Assert.Equal(store.StoreId, copy.StoreId);
        AssertContents(copy, expected);
        Assert.Equal(0, copy.Statistics.FreePageCount);
        StoreFixture.Fill(copy, 0, 100, 10);
        StoreFixture.AssertHealthy(copy);
        Assert.ThrowsAny<IOException>(() => StoreBackup.Restore(backup, "/data/restored.hdb", disk));
    }

    [Fact]
    public void W13_Restore_BackupDamagedOrCutAnywhere_IsRefusedAndLeavesNoFile()
    {
        const int Seed = 31;
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = StoreFixture.Open(disk);
        StoreFixture.Fill(store, 0, 200, 100);
        StoreFixture.Put(store, Durability.Flushed, ([1], StoreFixture.Bytes(20_000, 3)));
        using var stream = new MemoryStream();
        store.Backup(stream);
        byte[] backup = stream.ToArray();
        var random = new Random(Seed);
        for (int i = 0; i < 300; i++)
        {
            byte[] damaged = (byte[])backup.Clone();
            damaged[random.Next(backup.Length)] ^= (byte)(1 << random.Next(8));
            Exception? flip = Record.Exception(() => StoreBackup.Restore(new MemoryStream(damaged), "/data/restored.hdb", disk));
            Assert.True(flip is InvalidDataException, $"Seed {Seed}, flip {i}: {flip}");
            byte[] cut = backup[..random.Next(backup.Length)];
            Assert.Throws<InvalidDataException>(() => StoreBackup.Restore(new MemoryStream(cut), "/data/restored.hdb", disk));
            Assert.False(disk.FileExists("/data/restored.hdb"));
        }

        StoreBackup.Restore(new MemoryStream(backup), "/data/restored.hdb", disk);
        using Store copy = Store.Open("/data/restored.hdb", new StoreOptions { Disk = disk });
        Assert.Equal(StoreFixture.Bytes(20_000, 3), StoreFixture.Get(copy, [1]));
    }

    [Fact]
    public void Backup_SameStateAgain_IsTheSameBytesWhateverHappenedToItsPages()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = StoreFixture.Open(disk);
        StoreFixture.Fill(store, 0, 200, 100, Durability.Deferred);
        StoreFixture.Put(store, Durability.Deferred, ([1], StoreFixture.Bytes(20_000, 3)));
        using ReadTransaction state = store.BeginRead("state");
        byte[] inMemory = Backup(store, state);
        store.Checkpoint();
        byte[] inTheFile = Backup(store, state);
        StoreFixture.Fill(store, 0, 200, 50);
        store.CompactStep(30);
        byte[] retired = Backup(store, state);

        Assert.Equal(inMemory, inTheFile);
        Assert.Equal(inMemory, retired);
        using ReadTransaction newest = store.BeginRead("newest");
        Assert.NotEqual(inMemory, Backup(store, newest));
    }

    [Fact]
    public void Backup_ReaderOfAnotherStore_IsRefused()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = StoreFixture.Open(disk);
        using Store other = Store.Open("/data/other.hdb", new StoreOptions { Disk = disk });
        using ReadTransaction state = other.BeginRead("state");
        Assert.Throws<ArgumentException>(() => store.Backup(state, Stream.Null));
    }

    [Fact]
    public void Restore_UnderAnotherIdentity_CarriesIt()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = StoreFixture.Open(disk);
        StoreFixture.Fill(store, 0, 200, 100);
        using ReadTransaction state = store.BeginRead("state");
        var storeId = new Guid(7, 0, 0, new byte[8]);
        BackupSummary summary = StoreBackup.Restore(new MemoryStream(Backup(store, state)), "/data/restored.hdb", disk, storeId);
        using Store copy = Store.Open("/data/restored.hdb", new StoreOptions { Disk = disk });
        Assert.Equal((store.StoreId, storeId), (summary.StoreId, copy.StoreId));
        StoreFixture.AssertHealthy(copy);
    }

    [Fact]
    public void Backup_EmptyStore_Restores()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = StoreFixture.Open(disk);
        using var stream = new MemoryStream();
        store.Backup(stream);
        stream.Position = 0;
        StoreBackup.Restore(stream, "/data/restored.hdb", disk);
        using Store copy = Store.Open("/data/restored.hdb", new StoreOptions { Disk = disk });
        StoreFixture.Put(copy, Durability.Flushed, ([1], [1]));
        StoreFixture.AssertHealthy(copy);
    }

    private static byte[] Backup(Store store, ReadTransaction state)
    {
        using var stream = new MemoryStream();
        store.Backup(state, stream);
        return stream.ToArray();
    }

    private static List<(byte[] Key, byte[] Value)> FillWithGaps(Store store)
    {
        StoreFixture.Fill(store, 0, 8000, 200);
        using (WriteTransaction transaction = store.BeginWrite())
        {
            for (int i = 0; i < 20; i++)
            {
                TreeWriter tree = transaction.OpenTree(StoreFixture.Key(i));
                for (int j = 0; j < 10; j++)
                {
                    tree.Put(StoreFixture.Key(j), StoreFixture.Bytes(j * 1500, (byte)i));
                }
            }

            transaction.Commit(Durability.Deferred);
        }

        Delete(store, 0, 7500);
        using ReadTransaction reader = store.BeginRead();
        return StoreFixture.ReadAll(reader);
    }

    private static void Delete(Store store, int from, int to)
    {
        using WriteTransaction transaction = store.BeginWrite();
        TreeWriter tree = transaction.OpenTree(StoreFixture.TreeName);
        for (int i = from; i < to; i++)
        {
            tree.Delete(StoreFixture.Key(i));
        }

        transaction.Commit(Durability.Flushed);
    }

    private static void AssertContents(Store store, List<(byte[] Key, byte[] Value)> expected)
    {
        using ReadTransaction reader = store.BeginRead();
        List<(byte[] Key, byte[] Value)> actual = StoreFixture.ReadAll(reader);
        Assert.Equal(expected.Select(entry => entry.Key), actual.Select(entry => entry.Key));
        Assert.Equal(expected.Select(entry => entry.Value), actual.Select(entry => entry.Value));
        for (int i = 0; i < 20; i++)
        {
            Assert.True(reader.TryOpenTree(StoreFixture.Key(i), out TreeReader tree));
            Assert.Equal(10, tree.Count);
            for (int j = 0; j < 10; j++)
            {
                Assert.True(tree.TryGet(StoreFixture.Key(j), out ReadOnlySpan<byte> value));
                Assert.True(value.SequenceEqual(StoreFixture.Bytes(j * 1500, (byte)i)));
            }
        }
    }

    private sealed class Reports(List<CompactionProgress> reports) : IProgress<CompactionProgress>
    {
        public void Report(CompactionProgress value) => reports.Add(value);
    }
}
