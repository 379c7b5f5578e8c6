using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Tree;
using Xunit;

namespace HarmonyDB.Storage.Tests.Tree;

/// <summary>B13: a store with a hundred thousand free pages in thousands of places works, and commits cost what they change.</summary>
public sealed class StoreFreePagesTests
{
    private const string ScatteredPath = "/data/scattered.hdb";
    private const int PageSizeBytes = 4096;
    private const int Stride = 32;
    private const int EntryCount = 27_000;

    [Fact]
    public void B13_HundredThousandFreePages_AreReusedAndACommitWritesWhatItChanges()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk(maximumFileBytes: 600L << 20);
        using (Store store = StoreFixture.Open(disk))
        {
            StoreFixture.Fill(store, 0, EntryCount, 450);
        }

        ScatteredStore.Write(disk, StoreFixture.StorePath, PageSizeBytes, Stride, ScatteredPath);
        long pageCount;
        using (Store store = Open(disk))
        {
            StoreStatistics opened = store.Statistics;
            pageCount = opened.PageCount;
            Assert.InRange(opened.FreePageCount, 100_000, pageCount);
            Assert.Equal(EntryCount, store.Check().EntryCount);

            // The path to the leaf and the tree of trees; the map's chunk and index; the meta page.
            AssertCommitWrites(disk, store, PutOne, Durability.Deferred, pagesMaximum: 5);
            AssertCommitWrites(disk, store, PutOne, Durability.Flushed, pagesMaximum: 10);
            AssertCommitWrites(disk, store, PutOne, Durability.Flushed, pagesMaximum: 10);

            // The deleted pages are free two durable states later; what comes then finds room without the file growing.
            DeleteFrom(store, EntryCount / 2);
            StoreFixture.Put(store, Durability.Flushed, ([1], [1]));
            StoreFixture.Put(store, Durability.Flushed, ([1], [2]));
            StoreFixture.Fill(store, EntryCount, EntryCount + 20_000, 450);
            StoreFixture.Fill(store, EntryCount, EntryCount + 20_000, 460, Durability.Deferred);
            Assert.InRange(store.Statistics.PageCount, pageCount, pageCount + 64);
            store.Checkpoint();
            AssertCommitWrites(disk, store, PutOne, Durability.Flushed, pagesMaximum: 10);
        }

        using (Store store = Open(disk))
        {
            Assert.InRange(store.Statistics.FreePageCount, 95_000, pageCount + 64);
            Assert.Equal((EntryCount / 2) + 20_000 + 2, store.Check().EntryCount);
            AssertCommitWrites(disk, store, PutOne, Durability.Flushed, pagesMaximum: 10);

            // Everything free at once.
            DeleteFrom(store, 0);
            StoreFixture.Put(store, Durability.Flushed, ([1], [1]));
            StoreFixture.Put(store, Durability.Flushed, ([1], [2]));
            store.BeginWrite().Dispose();
            Assert.InRange(store.Statistics.FreePageCount, pageCount - 40, pageCount + 64);
            AssertCommitWrites(disk, store, PutOne, Durability.Flushed, pagesMaximum: 10);
            Assert.InRange(store.Statistics.PageCount, pageCount, pageCount + 64);
        }
    }

    private static Store Open(SimulatedDisk disk) => Store.Open(ScatteredPath, new StoreOptions { Disk = disk, ChecksOnDispose = true });

    private static void PutOne(TreeWriter tree) => tree.Put("one"u8, [1]);

    private static void DeleteFrom(Store store, int from)
    {
        using WriteTransaction transaction = store.BeginWrite();
        transaction.OpenTree(StoreFixture.TreeName).DeleteRange(from == 0 ? default : StoreFixture.Key(from), "9"u8);
        transaction.Commit(Durability.Flushed);
    }

    private static void AssertCommitWrites(SimulatedDisk disk, Store store, Action<TreeWriter> change, Durability durability, int pagesMaximum)
    {
        long before = disk.Counters.WrittenBytes;
        using (WriteTransaction transaction = store.BeginWrite())
        {
            change(transaction.OpenTree(StoreFixture.TreeName));
            transaction.Commit(durability);
        }

        long pages = (disk.Counters.WrittenBytes - before) / PageSizeBytes;
        Assert.True(pages <= pagesMaximum, $"A commit that changes one entry wrote {pages} pages.");
    }
}
