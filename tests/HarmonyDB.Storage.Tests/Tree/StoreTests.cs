using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Tree;
using Xunit;

namespace HarmonyDB.Storage.Tests.Tree;

public sealed class StoreTests : IDisposable
{
    private readonly SimulatedDisk _disk = StoreFixture.CreateDisk(maximumFileBytes: 512L << 20);
    private readonly Store _store;

    public StoreTests()
    {
        _store = StoreFixture.Open(_disk);
    }

    public void Dispose()
    {
        _store.Dispose();
        _disk.Dispose();
    }

    [Fact]
    public void B35_EmptyValue_DiffersFromMissingKey()
    {
        StoreFixture.Put(_store, Durability.Flushed, ([1], []));
        Assert.Equal([], StoreFixture.Get(_store, [1])!);
        Assert.Null(StoreFixture.Get(_store, [2]));
        using ReadTransaction reader = _store.BeginRead();
        Assert.False(reader.TryOpenTree("missing"u8, out _));
    }

    [Fact]
    public void Trees_SeveralInOneStore_KeepApart()
    {
        using (WriteTransaction transaction = _store.BeginWrite())
        {
            for (int i = 0; i < 500; i++)
            {
                transaction.OpenTree(StoreFixture.Key(i)).Put([1], StoreFixture.Key(i));
            }

            transaction.OpenTree("empty"u8);
            Assert.Same(transaction.OpenTree("empty"u8), transaction.OpenTree("empty"u8));
            transaction.Commit(Durability.Flushed);
        }

        using ReadTransaction reader = _store.BeginRead();
        for (int i = 0; i < 500; i++)
        {
            Assert.True(reader.TryOpenTree(StoreFixture.Key(i), out TreeReader tree));
            Assert.True(tree.TryGet([1], out ReadOnlySpan<byte> value) && value.SequenceEqual(StoreFixture.Key(i)));
        }

        Assert.True(reader.TryOpenTree("empty"u8, out TreeReader empty));
        Assert.Equal(0, empty.Count);
        Assert.Equal(501, _store.Check().TreeCount);
        StoreFixture.AssertHealthy(_store);
    }

    [Fact]
    public void B16_KeyAndValueLimits_HoldOnEveryWrite()
    {
        int maximum = _store.KeyBytesMaximum;
        Assert.Equal(1280, maximum);
        using WriteTransaction transaction = _store.BeginWrite();
        TreeWriter tree = transaction.OpenTree(StoreFixture.TreeName);
        for (byte i = 0; i < 50; i++)
        {
            tree.Put(StoreFixture.Bytes(maximum, i), [i]);
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => tree.Put(new byte[maximum + 1], [1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => tree.Put([], [1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => transaction.OpenTree([]));
        Assert.Throws<ArgumentOutOfRangeException>(() => transaction.OpenTree(new byte[maximum + 1]));
        Assert.False(tree.Delete(new byte[maximum + 1]));
        Assert.False(tree.Delete([]));
        transaction.Commit(Durability.Flushed);
        StoreFixture.AssertHealthy(_store);
    }

    [Fact]
    public void B15_LargeValues_AreOneSpan()
    {
        foreach (int length in new[] { 1000, 1010, 4000, 4056, 4057, 65_535, 65_536, 65_537, 3_000_000 })
        {
            byte[] value = new byte[length];
            new Random(length).NextBytes(value);
            StoreFixture.Put(_store, Durability.Flushed, ([1], value), (StoreFixture.Key(length), value));
            Assert.Equal(value, StoreFixture.Get(_store, [1]));
        }

        StoreFixture.AssertHealthy(_store);
    }

    [Fact]
    public void B17_OverflowOverwrittenAndDeletedInOneTransaction_ReusesItsPages()
    {
        using WriteTransaction transaction = _store.BeginWrite();
        TreeWriter tree = transaction.OpenTree(StoreFixture.TreeName);
        for (byte i = 0; i < 200; i++)
        {
            tree.Put([1], StoreFixture.Bytes(100_000, i));
            Assert.True(tree.TryGet([1], out ReadOnlySpan<byte> value));
            Assert.Equal(StoreFixture.Bytes(100_000, i), value.ToArray());
        }

        Assert.True(tree.Delete([1]));
        transaction.Commit(Durability.Flushed);
        Assert.True(_store.Statistics.PageCount < 120);
        StoreFixture.AssertHealthy(_store);
    }

    [Fact]
    public void B5_PutAndDeleteInOneTransaction_FreesEachPageOnce()
    {
        StoreFixture.Fill(_store, 0, 500, 50);
        for (int round = 0; round < 5; round++)
        {
            using WriteTransaction transaction = _store.BeginWrite();
            TreeWriter tree = transaction.OpenTree(StoreFixture.TreeName);
            for (int i = 1000; i < 2000; i++)
            {
                tree.Put(StoreFixture.Key(i), StoreFixture.Bytes(50, 1));
            }

            for (int i = 1000; i < 2000; i++)
            {
                Assert.True(tree.Delete(StoreFixture.Key(i)));
                Assert.False(tree.Delete(StoreFixture.Key(i)));
            }

            transaction.Commit(Durability.Deferred);
            StoreFixture.AssertHealthy(_store);
        }

        Assert.Equal(500, _store.Check().EntryCount);
    }

    [Fact]
    public void B9_TailLeafDeleted_LastAndPreviousAreFound()
    {
        StoreFixture.Fill(_store, 0, 1000, 100);
        using WriteTransaction transaction = _store.BeginWrite();
        TreeWriter tree = transaction.OpenTree(StoreFixture.TreeName);
        for (int i = 999; i >= 0; i--)
        {
            Cursor cursor = tree.OpenCursor();
            Assert.True(cursor.SeekLast());
            Assert.True(cursor.Key.SequenceEqual(StoreFixture.Key(i)));
            Assert.Equal(i > 0, cursor.Previous());
            Assert.True(tree.Delete(StoreFixture.Key(i)));
            cursor.Dispose();
        }

        Assert.Equal(0, tree.Count);
        Assert.False(tree.OpenCursor().SeekLast());
        transaction.Commit(Durability.Flushed);
        StoreFixture.AssertHealthy(_store);
        Assert.True(_store.Check().UsedPageCount <= 1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void B10_B11_B12_DeleteUnderCursor_VisitsEveryKeyOnce(bool forward)
    {
        StoreFixture.Fill(_store, 0, 1500, 40);
        using WriteTransaction transaction = _store.BeginWrite();
        TreeWriter tree = transaction.OpenTree(StoreFixture.TreeName);
        Cursor cursor = tree.OpenCursor();
        int visited = 0;
        for (bool more = forward ? cursor.SeekFirst() : cursor.SeekLast(); more; more = forward ? cursor.Next() : cursor.Previous())
        {
            Assert.True(cursor.Key.SequenceEqual(StoreFixture.Key(forward ? visited : 1499 - visited)));
            visited++;
            Assert.True(tree.Delete(cursor.Key));
        }

        cursor.Dispose();
        Assert.Equal(1500, visited);
        Assert.Equal(0, tree.Count);
    }

    [Fact]
    public void Range_StartAndEnd_AreInclusiveAndExclusive()
    {
        StoreFixture.Fill(_store, 0, 300, 10);
        using ReadTransaction reader = _store.BeginRead();
        Assert.True(reader.TryOpenTree(StoreFixture.TreeName, out TreeReader tree));
        int next = 17;
        foreach (KeyRange.Entry entry in tree.Range(StoreFixture.Key(17), StoreFixture.Key(203)))
        {
            Assert.True(entry.Key.SequenceEqual(StoreFixture.Key(next++)));
        }

        Assert.Equal(203, next);
    }

    [Fact]
    public void B31_HandlesOfEndedTransactions_Throw()
    {
        StoreFixture.Fill(_store, 0, 10, 10);
        WriteTransaction writer = _store.BeginWrite();
        TreeWriter tree = writer.OpenTree(StoreFixture.TreeName);
        Assert.Throws<InvalidOperationException>(() => _store.BeginWrite());
        writer.Commit(Durability.Deferred);
        Assert.Throws<ObjectDisposedException>(() => tree.Put([1], [1]));
        Assert.Throws<ObjectDisposedException>(() => tree.Delete([1]));
        Assert.Throws<ObjectDisposedException>(() => tree.TryGet([1], out _));
        Assert.Throws<ObjectDisposedException>(() => tree.OpenCursor());
        Assert.Throws<ObjectDisposedException>(() => writer.Commit(Durability.Deferred));
        writer.Dispose();

        ReadTransaction reader = _store.BeginRead();
        Assert.True(reader.TryOpenTree(StoreFixture.TreeName, out TreeReader readTree));
        reader.Dispose();
        reader.Dispose();
        Assert.Throws<ObjectDisposedException>(() => readTree.TryGet([1], out _));
        Assert.Throws<ObjectDisposedException>(() => reader.Mark);
        using ReadTransaction pooled = _store.BeginRead();
        Assert.Throws<ObjectDisposedException>(() => readTree.TryGet([1], out _));
    }

    [Fact]
    public void B4_Abort_LeavesStateAsBefore()
    {
        StoreFixture.Fill(_store, 0, 2000, 50);
        _store.BeginWrite().Dispose();
        StoreStatistics before = _store.Statistics;
        using (WriteTransaction transaction = _store.BeginWrite())
        {
            TreeWriter tree = transaction.OpenTree(StoreFixture.TreeName);
            for (int i = 0; i < 3000; i++)
            {
                tree.Put(StoreFixture.Key(i * 3), StoreFixture.Bytes(i % 5 == 0 ? 5000 : 90, 7));
                tree.Delete(StoreFixture.Key(i * 2));
            }
        }

        StoreStatistics after = _store.Statistics;
        Assert.Equal(before.PageCount, after.PageCount);
        Assert.Equal(before.FreePageCount, after.FreePageCount);
        Assert.Equal(before.PendingPageCount, after.PendingPageCount);
        StoreFixture.AssertHealthy(_store);
        Assert.Equal(2000, _store.Check().EntryCount);
    }

    [Fact]
    public void Get_SteadyState_AllocatesNothing()
    {
        StoreFixture.Fill(_store, 0, 5000, 60);
        byte[] key = StoreFixture.Key(4321);
        long allocated = long.MaxValue;

        // While the runtime still recompiles what runs here, it may allocate on this thread; the store never does, so one round shows it.
        for (int round = 0; round < 10 && allocated != 0; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            int found = ReadMany(key, 10_000);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.Equal(10_000, found);
        }

        Assert.Equal(0, allocated);
    }

    [Fact]
    public void Mark_IsPartOfTheState()
    {
        using (WriteTransaction transaction = _store.BeginWrite())
        {
            transaction.Mark = 17;
            transaction.Commit(Durability.Flushed);
        }

        using (WriteTransaction transaction = _store.BeginWrite())
        {
            Assert.Equal(17UL, transaction.Mark);
            transaction.Mark = 18;
            transaction.Commit(Durability.Deferred);
        }

        using (ReadTransaction reader = _store.BeginRead())
        {
            Assert.Equal(18UL, reader.Mark);
        }

        Assert.Equal(17UL, _store.DurableMark);
        Assert.Equal(0UL, _store.OlderDurableMark);
        _store.Checkpoint();
        Assert.Equal(18UL, _store.DurableMark);
        Assert.Equal(17UL, _store.OlderDurableMark);
        _store.Checkpoint();
        Assert.Equal(17UL, _store.OlderDurableMark);
    }

    private int ReadMany(byte[] key, int count)
    {
        int found = 0;
        for (int i = 0; i < count; i++)
        {
            using ReadTransaction reader = _store.BeginRead("allocation test");
            if (reader.TryOpenTree(StoreFixture.TreeName, out TreeReader tree) && tree.TryGet(key, out ReadOnlySpan<byte> value) && value.Length == 60)
            {
                found++;
            }
        }

        return found;
    }
}
