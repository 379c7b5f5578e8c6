using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Tree;
using Xunit;

namespace HarmonyDB.Storage.Tests.Tree;

public sealed class StoreModelTests
{
    [Theory]
    [InlineData(1, 4096, 400, 25_000)]
    [InlineData(2, 4096, 4_000, 40_000)]
    [InlineData(3, 4096, 40_000, 50_000)]
    [InlineData(4, 16384, 4_000, 30_000)]
    [InlineData(5, 65536, 8_000, 30_000)]
    [InlineData(6, 4096, 100, 25_000)]
    public void Store_RandomTransactions_EqualsSortedDictionary(int seed, int pageSizeBytes, int keyCount, int operations)
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk((ulong)seed, 256L << 20);
        var random = new Random(seed);
        var model = new StoreModel(seed, keyCount);
        Store store = StoreFixture.Open(disk, pageSizeBytes);
        try
        {
            ulong mark = 0;
            while (operations > 0)
            {
                int batch = random.Next(1, 1500);
                operations -= batch;
                RunTransaction(store, model, random, batch, ++mark);
                if (random.Next(6) == 0)
                {
                    store.Checkpoint();
                    store.Dispose();
                    store = StoreFixture.Open(disk);
                }

                if (random.Next(4) == 0)
                {
                    AssertEqual(model, store);
                }
            }

            AssertEqual(model, store);
        }
        finally
        {
            store.Dispose();
        }
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    public void Cursor_RandomMovesOverChangingTree_EqualsSortedDictionary(int seed)
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk((ulong)seed);
        using Store store = StoreFixture.Open(disk);
        using WriteTransaction transaction = store.BeginWrite();
        TreeWriter tree = transaction.OpenTree(StoreFixture.TreeName);
        var random = new Random(seed);
        var model = new StoreModel(seed, 600);
        Cursor cursor = tree.OpenCursor();
        byte[]? position = null;
        for (int i = 0; i < 6_000; i++)
        {
            byte[] key = model.NextKey();
            List<byte[]>? keys = null;
            switch (random.Next(9))
            {
                case 0:
                    Assert.Equal(model.Uncommitted.ContainsKey(key), cursor.SeekExact(key));
                    position = cursor.IsOnEntry ? key : null;
                    continue;
                case 1:
                    cursor.SeekCeiling(key);
                    position = model.Uncommitted.Keys.FirstOrDefault(other => other.AsSpan().SequenceCompareTo(key) >= 0);
                    break;
                case 2:
                    cursor.SeekFloor(key);
                    position = model.Uncommitted.Keys.LastOrDefault(other => other.AsSpan().SequenceCompareTo(key) <= 0);
                    break;
                case 3 or 4 when position is not null:
                    cursor.Next();
                    keys = [.. model.Uncommitted.Keys];
                    position = keys.FirstOrDefault(other => other.AsSpan().SequenceCompareTo(position) > 0);
                    break;
                case 5 or 6 when position is not null:
                    cursor.Previous();
                    keys = [.. model.Uncommitted.Keys];
                    position = keys.LastOrDefault(other => other.AsSpan().SequenceCompareTo(position) < 0);
                    break;
                default:
                    model.Step(tree, deleteShare: 0.5);
                    continue;
            }

            Assert.Equal(position is not null, cursor.IsOnEntry);
            if (position is not null)
            {
                Assert.True(cursor.Key.SequenceEqual(position), $"Seed {seed}, step {i}.");
                Assert.True(cursor.Value.SequenceEqual(model.Uncommitted[position]), $"Seed {seed}, step {i}.");
            }
        }

        cursor.Dispose();
    }

    private static void RunTransaction(Store store, StoreModel model, Random random, int batch, ulong mark)
    {
        // Phases that grow and phases that shrink, down to nothing, so that splits and merges both happen.
        double deleteShare = random.Next(3) switch { 0 => 0.1, 1 => 0.5, _ => 0.9 };
        bool aborts = random.Next(5) == 0;
        StoreStatistics before = store.Statistics;
        model.Begin();
        using (WriteTransaction transaction = store.BeginWrite())
        {
            transaction.Mark = mark;
            TreeWriter tree = transaction.OpenTree(StoreFixture.TreeName);
            for (int i = 0; i < batch; i++)
            {
                model.Step(tree, deleteShare);
            }

            if (!aborts)
            {
                transaction.Commit(random.Next(3) == 0 ? Durability.Flushed : Durability.Deferred);
                model.Commit(mark);
            }
        }

        if (aborts)
        {
            // B4: reclaiming at the beginning may free pages; nothing else may differ.
            StoreStatistics after = store.Statistics;
            Assert.Equal(before.PageCount, after.PageCount);
            Assert.Equal(before.FreePageCount + before.PendingPageCount, after.FreePageCount + after.PendingPageCount);
        }
    }

    private static void AssertEqual(StoreModel model, Store store)
    {
        StoreFixture.AssertHealthy(store);
        using ReadTransaction reader = store.BeginRead();
        Assert.Equal(model.CommittedMark, reader.Mark);
        List<(byte[] Key, byte[] Value)> entries = StoreFixture.ReadAll(reader);
        StoreModel.AssertEqual(model.Committed, entries);
        if (!reader.TryOpenTree(StoreFixture.TreeName, out TreeReader tree))
        {
            return;
        }

        // Backwards.
        using Cursor cursor = tree.OpenCursor();
        int i = entries.Count;
        while (cursor.Previous())
        {
            Assert.True(cursor.Key.SequenceEqual(entries[--i].Key));
        }

        Assert.Equal(0, i);
        for (int j = 0; j < 200; j++)
        {
            byte[] key = model.NextKey();
            bool expected = model.Committed.TryGetValue(key, out byte[]? value);
            Assert.Equal(expected, tree.TryGet(key, out ReadOnlySpan<byte> actual));
            Assert.True(actual.SequenceEqual(value ?? []));
        }

    }
}
