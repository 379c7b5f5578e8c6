using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Tree;
using Xunit;

namespace HarmonyDB.Storage.Tests.Tree;

/// <summary>Ranges, prefixes, batches of keys and full pages, each against a sorted list.</summary>
public sealed class StoreRangeTests : IDisposable
{
    private readonly SimulatedDisk _disk = StoreFixture.CreateDisk(maximumFileBytes: 512L << 20);
    private readonly Store _store;

    public StoreRangeTests()
    {
        _store = StoreFixture.Open(_disk);
    }

    public void Dispose()
    {
        StoreFixture.AssertHealthy(_store);
        _store.Dispose();
        _disk.Dispose();
    }

    [Theory]
    [InlineData(21, 300)]
    [InlineData(22, 5_000)]
    [InlineData(23, 20_000)]
    public void Ranges_RandomBounds_EqualSortedKeys(int seed, int keyCount)
    {
        var model = new StoreModel(seed, keyCount);
        var random = new Random(seed);
        List<byte[]> keys = FillRandom(model, keyCount);
        using ReadTransaction reader = _store.BeginRead();
        Assert.True(reader.TryOpenTree(StoreFixture.TreeName, out TreeReader tree));
        using WriteTransaction writer = _store.BeginWrite();
        TreeWriter writerTree = writer.OpenTree(StoreFixture.TreeName);
        for (int i = 0; i < 60; i++)
        {
            byte[] start = random.Next(6) == 0 ? [] : model.NextKey();
            byte[] end = random.Next(6) == 0 ? [] : model.NextKey();
            List<byte[]> expected = keys.FindAll(key => key.AsSpan().SequenceCompareTo(start) >= 0 && (end.Length == 0 || key.AsSpan().SequenceCompareTo(end) < 0));
            string context = $"Seed {seed}, range {i}.";
            AssertKeys(expected, tree.Range(start, end), model, context);
            AssertKeys(expected, writerTree.Range(start, end), model, context);
            Assert.Equal(expected.Count, tree.CountRange(start, end));
            expected.Reverse();
            AssertKeys(expected, tree.RangeDescending(start, end), model, context);
            AssertKeys(expected, writerTree.RangeDescending(start, end), model, context);

            byte[] prefix = start[..Math.Min(start.Length, random.Next(1, 60))];
            expected = keys.FindAll(key => key.AsSpan().StartsWith(prefix));
            AssertKeys(expected, tree.Prefix(prefix), model, context);
            expected.Reverse();
            AssertKeys(expected, tree.PrefixDescending(prefix), model, context);
        }
    }

    [Fact]
    public void Prefix_NothingButTopBytes_HasNoEnd()
    {
        StoreFixture.Put(_store, Durability.Deferred, ([0xFE, 0xFF], [1]), ([0xFF], [2]), ([0xFF, 0xFF], [3]), ([0xFF, 0xFF, 1], [4]));
        using ReadTransaction reader = _store.BeginRead();
        Assert.True(reader.TryOpenTree(StoreFixture.TreeName, out TreeReader tree));
        Assert.Equal("2,3,4", Values(tree.Prefix([0xFF])));
        Assert.Equal("4,3", Values(tree.PrefixDescending([0xFF, 0xFF])));
        Assert.Equal("1", Values(tree.Prefix([0xFE, 0xFF])));
    }

    [Fact]
    public void Keys_ThatDifferInZerosOnly_KeepTheirOrder()
    {
        // Heads are filled up with zeros, so all of these have equal heads.
        var random = new Random(5);
        byte[][] keys = [.. Enumerable.Range(1, 400).Select(static length => new byte[length]).OrderBy(_ => random.Next())];
        StoreFixture.Put(_store, Durability.Deferred, [.. keys.Select(static key => (key, BitConverter.GetBytes(key.Length)))]);
        using ReadTransaction reader = _store.BeginRead();
        Assert.True(reader.TryOpenTree(StoreFixture.TreeName, out TreeReader tree));
        int length = 0;
        foreach (KeyRange.Entry entry in tree.Range(default, default))
        {
            Assert.Equal(++length, entry.Key.Length);
        }

        Assert.Equal(400, length);
        Assert.All(keys, key => Assert.Equal(BitConverter.GetBytes(key.Length), StoreFixture.Get(_store, key)));
        Assert.Null(StoreFixture.Get(_store, new byte[401]));
        Assert.Null(StoreFixture.Get(_store, [0, 0, 0, 0, 1]));
    }

    [Theory]
    [InlineData(31, 40)]
    [InlineData(32, 30_000)]
    public void GetMany_PresentAndMissingKeys_EqualsGet(int seed, int keyCount)
    {
        var model = new StoreModel(seed, keyCount);
        FillRandom(model, keyCount / 2);
        using ReadTransaction reader = _store.BeginRead();
        Assert.True(reader.TryOpenTree(StoreFixture.TreeName, out TreeReader tree));
        foreach (int count in new[] { 0, 1, 15, 16, 17, 1000 })
        {
            ReadOnlyMemory<byte>[] keys = [.. Enumerable.Range(0, count).Select(_ => (ReadOnlyMemory<byte>)model.NextKey())];
            var values = new ValueReference[count];
            int found = tree.GetMany(keys, values);
            Assert.Equal(keys.Count(key => model.Committed.ContainsKey(key.ToArray())), found);
            for (int i = 0; i < count; i++)
            {
                Assert.Equal(model.Committed.TryGetValue(keys[i].ToArray(), out byte[]? value), values[i].IsFound);
                Assert.True(tree.ValueOf(values[i]).SequenceEqual(value ?? []), $"Seed {seed}, key {i}.");
                Assert.Equal(value?.Length ?? 0, values[i].LengthBytes);
            }
        }
    }

    [Fact]
    public void GetMany_Misused_Throws()
    {
        StoreFixture.Fill(_store, 0, 10, 10);
        ReadTransaction reader = _store.BeginRead();
        Assert.True(reader.TryOpenTree(StoreFixture.TreeName, out TreeReader tree));
        Assert.Throws<ArgumentException>(() => tree.GetMany(new byte[17], 8, new ValueReference[3]));
        Assert.Throws<ArgumentException>(() => tree.GetMany(new byte[16], 8, new ValueReference[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => tree.GetMany([], 0, []));
        var values = new ValueReference[1];
        Assert.Equal(1, tree.GetMany(StoreFixture.Key(3), 8, values));
        reader.Dispose();
        Assert.Throws<ObjectDisposedException>(() => tree.ValueOf(values[0]).Length);
        Assert.Throws<ObjectDisposedException>(() => tree.GetMany(StoreFixture.Key(3), 8, values));
    }

    [Theory]
    [InlineData(41, 500)]
    [InlineData(42, 20_000)]
    public void DeleteRange_RandomBounds_EqualsSortedDictionary(int seed, int keyCount)
    {
        var model = new StoreModel(seed, keyCount);
        var random = new Random(seed);
        for (int round = 0; round < 12; round++)
        {
            FillRandom(model, keyCount / 3);
            model.Begin();
            using WriteTransaction transaction = _store.BeginWrite();
            TreeWriter tree = transaction.OpenTree(StoreFixture.TreeName);
            byte[] start = round == 11 || random.Next(4) == 0 ? [] : model.NextKey();
            byte[] end = round == 11 || random.Next(4) == 0 ? [] : model.NextKey();
            List<byte[]> doomed = [.. model.Uncommitted.Keys.Where(key =>
                key.AsSpan().SequenceCompareTo(start) >= 0 && (end.Length == 0 || key.AsSpan().SequenceCompareTo(end) < 0))];
            doomed.ForEach(key => model.Uncommitted.Remove(key));
            Assert.Equal(doomed.Count, tree.DeleteRange(start, end));
            Assert.Equal(model.Uncommitted.Count, tree.Count);
            transaction.Commit(Durability.Deferred);
            model.Commit(0);
            using ReadTransaction reader = _store.BeginRead();
            StoreModel.AssertEqual(model.Committed, StoreFixture.ReadAll(reader));
            StoreFixture.AssertHealthy(_store);
        }

        Assert.Empty(model.Committed);
    }

    [Fact]
    public void RandomInserts_LeavePagesThreeQuartersFull()
    {
        const int Count = 30_000;
        var random = new Random(6);
        byte[] key = new byte[16];
        using (WriteTransaction transaction = _store.BeginWrite())
        {
            TreeWriter tree = transaction.OpenTree(StoreFixture.TreeName);
            for (int i = 0; i < Count; i++)
            {
                random.NextBytes(key);
                tree.Put(key, StoreFixture.Bytes(100, 1));
            }

            transaction.Commit(Durability.Deferred);
        }

        int entryBytes = NodePage.LeafSlotBytes + NodePage.LeafCellBytes + key.Length - KeyHead.SizeBytes + 100;
        long usedBytes = _store.Check().UsedPageCount * 4096;
        Assert.True((long)Count * entryBytes > usedBytes * 0.76, $"{Count} entries of {entryBytes} bytes take {usedBytes} bytes.");
    }

    [Fact]
    public void Enumeration_SteadyState_AllocatesNothing()
    {
        StoreFixture.Fill(_store, 0, 3000, 60);
        using ReadTransaction reader = _store.BeginRead();
        Assert.True(reader.TryOpenTree(StoreFixture.TreeName, out TreeReader tree));
        var values = new ValueReference[1];
        byte[] key = StoreFixture.Key(77);
        long found = Enumerate(tree, key, values);
        long before = GC.GetAllocatedBytesForCurrentThread();
        long foundAgain = Enumerate(tree, key, values);
        long allocatedBytes = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(0, allocatedBytes);
        Assert.Equal(found, foundAgain);
    }

    private static long Enumerate(TreeReader tree, byte[] key, ValueReference[] values)
    {
        long sum = tree.GetMany(key, key.Length, values);
        foreach (KeyRange.Entry entry in tree.RangeDescending(default, default))
        {
            sum += entry.Key.Length + entry.Value.Length;
        }

        foreach (KeyRange.Entry entry in tree.Prefix(key.AsSpan(0, 5)))
        {
            sum += entry.Key.Length + entry.Value.Length;
        }

        return sum + tree.CountRange(key, default);
    }

    private static void AssertKeys(List<byte[]> expected, KeyRange actual, StoreModel model, string context)
    {
        int i = 0;
        foreach (KeyRange.Entry entry in actual)
        {
            Assert.True(i < expected.Count && entry.Key.SequenceEqual(expected[i]), context);
            Assert.True(entry.Value.SequenceEqual(model.Committed[expected[i]]), context);
            i++;
        }

        Assert.True(expected.Count == i, context);
    }

    private static string Values(KeyRange range)
    {
        var values = new List<byte>();
        foreach (KeyRange.Entry entry in range)
        {
            values.Add(entry.Value[0]);
        }

        return string.Join(',', values);
    }

    private List<byte[]> FillRandom(StoreModel model, int count)
    {
        model.Begin();
        using WriteTransaction transaction = _store.BeginWrite();
        TreeWriter tree = transaction.OpenTree(StoreFixture.TreeName);
        for (int i = 0; i < count; i++)
        {
            model.Step(tree, deleteShare: 0.1);
        }

        transaction.Commit(Durability.Deferred);
        model.Commit(0);
        return [.. model.Committed.Keys];
    }
}
