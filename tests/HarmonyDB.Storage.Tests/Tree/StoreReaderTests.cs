using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Tree;
using Xunit;

namespace HarmonyDB.Storage.Tests.Tree;

public sealed class StoreReaderTests
{
    [Fact]
    public void Statistics_OpenReaders_ShowIdAgeNameAndTheOldest()
    {
        var time = new ManualTime();
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = Open(disk, new StoreOptions { Disk = disk, TimeProvider = time });
        StoreFixture.Put(store, Durability.Flushed, ([1], [1]));
        using ReadTransaction old = store.BeginRead("old");
        time.Advance(TimeSpan.FromSeconds(5));
        StoreFixture.Put(store, Durability.Flushed, ([1], [2]));
        using ReadTransaction young = store.BeginRead("young");
        time.Advance(TimeSpan.FromSeconds(1));
        StoreStatistics statistics = store.Statistics;
        Assert.Equal(2, statistics.Readers.Select(reader => reader.Id).Distinct().Count());
        ReaderInfo oldest = statistics.OldestReader!.Value;
        Assert.Equal(("old", old.TxId, TimeSpan.FromSeconds(6), false), (oldest.Name, oldest.TxId, oldest.Age, oldest.IsOusted));
        Assert.Equal(TimeSpan.FromSeconds(1), Assert.Single(statistics.Readers, reader => reader.Name == "young").Age);
    }

    [Fact]
    public void OustReader_NextAccess_ThrowsAndDisposeGivesPagesBack()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = StoreFixture.Open(disk);
        StoreFixture.Fill(store, 0, 500, 100);
        ReadTransaction reader = store.BeginRead("slow");
        Assert.True(reader.TryOpenTree(StoreFixture.TreeName, out TreeReader tree));
        Assert.True(tree.TryGet(StoreFixture.Key(7), out ReadOnlySpan<byte> held));
        long id = Assert.Single(store.Statistics.Readers).Id;
        Assert.False(store.OustReader(id + (1L << 16)));
        Assert.True(store.OustReader(id));
        for (int round = 0; round < 5; round++)
        {
            StoreFixture.Fill(store, 0, 500, 90 + round);
        }

        // Until it is disposed, nothing that it may still look at is reused (B6).
        Assert.Equal(StoreFixture.Bytes(100, 7), held.ToArray());
        Assert.True(Assert.Single(store.Statistics.Readers).IsOusted);
        Assert.Equal("slow", Assert.Throws<ReaderOustedException>(() => Read(tree)).Name);
        Assert.Throws<ReaderOustedException>(() => reader.TryOpenTree(StoreFixture.TreeName, out _));
        Assert.Throws<ReaderOustedException>(() => tree.OpenCursor().Dispose());
        reader.Dispose();
        Assert.Throws<ObjectDisposedException>(() => Read(tree));
        Assert.False(store.OustReader(id));
        long pending = store.Statistics.PendingPageCount;
        StoreFixture.Put(store, Durability.Flushed, ([1], [1]));
        Assert.True(store.Statistics.PendingPageCount < pending / 2);

        // The pooled object is as good as new for the next reader.
        using ReadTransaction next = store.BeginRead();
        Assert.Equal(501, StoreFixture.ReadAll(next).Count);
        StoreFixture.AssertHealthy(store);
    }

    [Fact]
    public void OustReader_CursorInTheMiddleOfAScan_Throws()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = StoreFixture.Open(disk);
        StoreFixture.Fill(store, 0, 500, 100);
        using ReadTransaction reader = store.BeginRead();
        reader.TryOpenTree(StoreFixture.TreeName, out TreeReader tree);
        int seen = 0;
        Assert.Throws<ReaderOustedException>(() =>
        {
            foreach (KeyRange.Entry entry in tree.Range(default, default))
            {
                Assert.Equal(100, entry.Value.Length);
                if (++seen == 10)
                {
                    store.OustReader(store.Statistics.Readers[0].Id);
                }
            }
        });
        Assert.Equal(10, seen);
    }

    [Fact]
    public void B21_ReaderBeyondItsAge_IsOustedWhenTheWriterBegins()
    {
        var time = new ManualTime();
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = Open(disk, new StoreOptions { Disk = disk, TimeProvider = time, MaximumReaderAge = TimeSpan.FromMinutes(1) });
        StoreFixture.Fill(store, 0, 10, 10);
        using ReadTransaction reader = store.BeginRead();
        time.Advance(TimeSpan.FromMinutes(1));
        StoreFixture.Fill(store, 0, 10, 10);
        Assert.Equal(10, StoreFixture.ReadAll(reader).Count);
        time.Advance(TimeSpan.FromTicks(1));
        using ReadTransaction young = store.BeginRead();
        StoreFixture.Fill(store, 0, 10, 10);
        Assert.Throws<ReaderOustedException>(() => StoreFixture.ReadAll(reader));
        Assert.Equal(10, StoreFixture.ReadAll(young).Count);
    }

    [Fact]
    public void B21_ReadersPinMoreThanAllowed_OldestAreOustedAndFileStaysBounded()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = Open(disk, new StoreOptions { Disk = disk, MaximumPinnedBytes = 40 * 4096 });
        StoreFixture.Fill(store, 0, 3000, 100);
        long treePages = store.Statistics.UsedPageCount;
        int ousted = 0;
        ReadTransaction reader = store.BeginRead();
        for (int round = 0; round < 60; round++)
        {
            StoreFixture.Fill(store, round % 30 * 100, (round % 30 * 100) + 400, 100 + (round % 3), Durability.Deferred);
            try
            {
                Assert.NotEmpty(StoreFixture.ReadAll(reader));
            }
            catch (ReaderOustedException)
            {
                ousted++;
                reader.Dispose();
                reader = store.BeginRead();
            }
        }

        reader.Dispose();
        Assert.InRange(ousted, 2, 40);
        Assert.True(store.Statistics.PageCount < (3 * treePages) + 400, $"{store.Statistics.PageCount} pages for a tree of {treePages}.");
        StoreFixture.AssertHealthy(store);
    }

    [Fact]
    public void BeginRead_SecondUse_AllocatesNothing()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = StoreFixture.Open(disk);
        store.BeginRead().Dispose();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            store.BeginRead().Dispose();
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static Store Open(SimulatedDisk disk, StoreOptions options)
    {
        Assert.Same(disk, options.Disk);
        return Store.Open(StoreFixture.StorePath, options);
    }

    private static void Read(TreeReader tree) => tree.TryGet(StoreFixture.Key(7), out _);

    private sealed class ManualTime : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        internal void Advance(TimeSpan time) => _ticks += time.Ticks;
    }
}
