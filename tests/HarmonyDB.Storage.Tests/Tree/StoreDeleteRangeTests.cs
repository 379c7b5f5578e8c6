using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Tree;
using Xunit;

namespace HarmonyDB.Storage.Tests.Tree;

/// <summary>Ranges deleted subtree by subtree, against a sorted dictionary, and what that costs.</summary>
public sealed class StoreDeleteRangeTests
{
    [Theory]
    [InlineData(71, 4096, 3_000, 40)]
    [InlineData(72, 4096, 30_000, 8)]
    [InlineData(73, 4096, 60_000, 4)]
    [InlineData(74, 16384, 20_000, 10)]
    [InlineData(75, 4096, 300, 60)]
    public void DeleteRange_MixedWithPutsAndAborts_EqualsSortedDictionary(int seed, int pageSizeBytes, int keyCount, int rounds)
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk((ulong)seed, 512L << 20);
        using Store store = StoreFixture.Open(disk, pageSizeBytes);
        var random = new Random(seed);
        var model = new StoreModel(seed, keyCount);
        List<(byte[] Key, byte[] Value)>? snapshot = null;
        ReadTransaction? reader = null;
        for (int round = 0; round < rounds; round++)
        {
            string context = $"Seed {seed}, round {round}.";
            model.Begin();
            using (WriteTransaction transaction = store.BeginWrite())
            {
                TreeWriter tree = transaction.OpenTree(StoreFixture.TreeName);
                int puts = random.Next(keyCount / 2);
                for (int i = 0; i < puts; i++)
                {
                    model.Step(tree, deleteShare: 0.1);
                }

                int ranges = random.Next(1, 4);
                for (int i = 0; i < ranges; i++)
                {
                    (byte[] start, byte[] end) = NextRange(model, random);
                    List<byte[]> doomed = [.. model.Uncommitted.Keys.Where(key =>
                        key.AsSpan().SequenceCompareTo(start) >= 0 && (end.Length == 0 || key.AsSpan().SequenceCompareTo(end) < 0))];
                    doomed.ForEach(key => model.Uncommitted.Remove(key));
                    Assert.True(doomed.Count == tree.DeleteRange(start, end), context);
                    Assert.True(model.Uncommitted.Count == tree.Count, context);
                    AssertSame(model.Uncommitted, tree, context);
                }

                // What a range delete leaves behind must take everything else too.
                for (int i = 0; i < 50; i++)
                {
                    model.Step(tree, deleteShare: 0.5);
                }

                if (random.Next(5) > 0)
                {
                    transaction.Commit(random.Next(2) == 0 ? Durability.Flushed : Durability.Deferred);
                    model.Commit(0);
                }
            }

            StoreFixture.AssertHealthy(store);
            if (reader is not null)
            {
                List<(byte[] Key, byte[] Value)> now = StoreFixture.ReadAll(reader);
                Assert.True(snapshot!.Zip(now).All(static pair => pair.First.Key.AsSpan().SequenceEqual(pair.Second.Key)
                    && pair.First.Value.AsSpan().SequenceEqual(pair.Second.Value)) && snapshot!.Count == now.Count, context);
                reader.Dispose();
            }

            reader = store.BeginRead();
            snapshot = StoreFixture.ReadAll(reader);
            StoreModel.AssertEqual(model.Committed, snapshot);
        }

        reader?.Dispose();
    }

    [Fact]
    public void DeleteRange_MostOfALargeTree_LeavesASmallTreeAndWritesFewPages()
    {
        const int Count = 60_000;
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = StoreFixture.Open(disk);
        StoreFixture.Fill(store, 0, Count, 40);
        Assert.Equal(3, Assert.Single(store.Check().Trees).Levels);
        long before = disk.Counters.WrittenBytes;
        using (WriteTransaction transaction = store.BeginWrite())
        {
            TreeWriter tree = transaction.OpenTree(StoreFixture.TreeName);
            Assert.Equal(Count - 20, tree.DeleteRange(StoreFixture.Key(10), StoreFixture.Key(Count - 10)));
            Assert.Equal(0, tree.DeleteRange(StoreFixture.Key(10), StoreFixture.Key(Count - 10)));
            Assert.Equal(0, tree.DeleteRange(StoreFixture.Key(5), StoreFixture.Key(5)));
            Assert.Equal(0, tree.DeleteRange(StoreFixture.Key(7), StoreFixture.Key(3)));
            transaction.Commit(Durability.Flushed);
        }

        long writtenPages = (disk.Counters.WrittenBytes - before) / store.PageSizeBytes;
        TreeReport report = Assert.Single(store.Check().Trees);
        Assert.Equal((20L, 1, 1L), (report.EntryCount, report.Levels, report.LeafPageCount));
        Assert.True(writtenPages < 15, $"{writtenPages} pages were written.");
    }

    [Fact]
    public void DeleteRange_EverythingWithLargeValues_GivesEveryPageBack()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = StoreFixture.Open(disk);
        using (WriteTransaction transaction = store.BeginWrite())
        {
            TreeWriter tree = transaction.OpenTree(StoreFixture.TreeName);
            for (int i = 0; i < 20_000; i++)
            {
                tree.Put(StoreFixture.Key(i), StoreFixture.Bytes(i % 50 == 0 ? 9000 : 60, (byte)i));
            }

            // Own pages and large values of the same transaction come back too (B5).
            Assert.Equal(9_000, tree.DeleteRange(StoreFixture.Key(500), StoreFixture.Key(9_500)));
            transaction.Commit(Durability.Flushed);
        }

        TreeReport report = Assert.Single(store.Check().Trees);
        Assert.Equal((11_000L, 220 * 3L), (report.EntryCount, report.OverflowPageCount));
        using (WriteTransaction transaction = store.BeginWrite())
        {
            Assert.Equal(11_000, transaction.OpenTree(StoreFixture.TreeName).DeleteRange(default, default));
            transaction.Commit(Durability.Flushed);
        }

        report = Assert.Single(store.Check().Trees);
        Assert.Equal((0L, 0, 0L, 0L), (report.EntryCount, report.Levels, report.LeafPageCount, report.OverflowPageCount));
        Assert.Equal(1, store.Check().UsedPageCount);
    }

    [Fact]
    public void B5_OwnPagesDeletedAndWrittenAgain_AreUsedOnce()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = StoreFixture.Open(disk);
        using (WriteTransaction transaction = store.BeginWrite())
        {
            TreeWriter tree = transaction.OpenTree(StoreFixture.TreeName);
            for (int round = 0; round < 4; round++)
            {
                for (int i = 0; i < 2_000; i++)
                {
                    tree.Put(StoreFixture.Key(i), StoreFixture.Bytes(100 + round, (byte)(i + round)));
                }

                tree.DeleteRange(StoreFixture.Key(200), StoreFixture.Key(1_500));
                for (int i = 1_999; i >= 0; i--)
                {
                    tree.Put(StoreFixture.Key(i), StoreFixture.Bytes(90 + round, (byte)(i + round)));
                }
            }

            transaction.Commit(Durability.Flushed);
        }

        for (int i = 0; i < 2_000; i++)
        {
            Assert.Equal(StoreFixture.Bytes(93, (byte)(i + 3)), StoreFixture.Get(store, StoreFixture.Key(i)));
        }
    }

    [Fact]
    public void DeleteRange_OverOneTree_LeavesTheOthers()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = StoreFixture.Open(disk);
        using WriteTransaction transaction = store.BeginWrite();
        TreeWriter[] trees = [transaction.OpenTree("a"u8), transaction.OpenTree("b"u8)];
        for (int i = 0; i < 20_000; i++)
        {
            trees[i % 2].Put(StoreFixture.Key(i), StoreFixture.Key(i));
        }

        Assert.Equal(10_000, trees[0].DeleteRange(StoreFixture.Key(0), default));
        Assert.Equal((0L, 10_000L), (trees[0].Count, trees[1].Count));
        trees[0].Append(StoreFixture.Key(1), [1]);
        Assert.Equal(10_000, trees[1].CountRange(default, default));
        transaction.Commit(Durability.Flushed);
    }

    /// <summary>From next to nothing to everything; ends that are keys, that are not, and that lie outside.</summary>
    private static (byte[] Start, byte[] End) NextRange(StoreModel model, Random random)
    {
        byte[] start = model.NextKey();
        byte[] end = model.NextKey();
        if (random.Next(3) > 0 && start.AsSpan().SequenceCompareTo(end) > 0)
        {
            (start, end) = (end, start);
        }

        return random.Next(8) switch
        {
            0 => ([], end),
            1 => (start, []),
            2 when random.Next(4) == 0 => ([], []),
            3 => ([.. start, 0], end),
            4 => (start, [.. start, 0]),
            _ => (start, end),
        };
    }

    private static void AssertSame(SortedDictionary<byte[], byte[]> expected, TreeWriter tree, string context)
    {
        using IEnumerator<KeyValuePair<byte[], byte[]>> next = expected.GetEnumerator();
        foreach (KeyRange.Entry entry in tree.Range(default, default))
        {
            Assert.True(next.MoveNext() && entry.Key.SequenceEqual(next.Current.Key) && entry.Value.SequenceEqual(next.Current.Value), context);
        }

        Assert.False(next.MoveNext(), context);
    }
}
