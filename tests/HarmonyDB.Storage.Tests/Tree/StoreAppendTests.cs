using System.Buffers.Binary;
using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Tools;
using HarmonyDB.Storage.Tree;
using Xunit;

namespace HarmonyDB.Storage.Tests.Tree;

/// <summary>Sorted input: full pages, no descents, and keys out of order refused where the caller asks for that.</summary>
public sealed class StoreAppendTests
{
    private const double FillMinimum = 0.95;

    [Theory]
    [InlineData(4096, 100, true)]
    [InlineData(4096, 100, false)]
    [InlineData(4096, 8, true)]
    [InlineData(4096, 0, false)]
    [InlineData(16384, 100, false)]
    [InlineData(65536, 20, true)]
    public void SortedInput_KeysOf16Bytes_FillsLeavesAndBranches(int pageSizeBytes, int valueBytes, bool appends)
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = StoreFixture.Open(disk, pageSizeBytes);
        byte[][] keys = SortedKeys(seed: 1, count: 60_000);

        // In several transactions, so that each begins in a page that the one before left part full.
        foreach (byte[][] batch in keys.Chunk(7_001))
        {
            Load(store, batch, valueBytes, appends);
        }

        AssertFull(store, pageSizeBytes);
        AssertKeys(store, keys);
    }

    [Fact]
    public void SortedInput_KeysWithOneByteMore_FillsPagesWhereverThePrefixEnds()
    {
        // Counters and times: neighbours share most of the key, and what a page shares changes at each power of 256.
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = StoreFixture.Open(disk);
        byte[][] keys = new byte[100_000][];
        for (int i = 0; i < keys.Length; i++)
        {
            keys[i] = [.. "metrics/node/"u8, .. new byte[8]];
            BinaryPrimitives.WriteUInt64BigEndian(keys[i].AsSpan(13), (ulong)i);
        }

        Load(store, keys, valueBytes: 24, appends: false);
        AssertFull(store, 4096);
        AssertKeys(store, keys);
    }

    [Fact]
    public void SortedInput_LoadedAndCopied_FillsPages()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        byte[][] keys = SortedKeys(seed: 2, count: 20_000);
        var random = new Random(2);
        using Store store = StoreFixture.Open(disk);
        byte[][] shuffled = [.. keys];
        random.Shuffle(shuffled);
        Load(store, shuffled, valueBytes: 100, appends: false);
        using ReadTransaction reader = store.BeginRead();
        StoreCopy.Run(store, reader, "/data/copy.hdb", disk);
        using var text = new MemoryStream();
        StoreDump.Write(store, reader, text);
        text.Position = 0;
        using (Store loaded = Store.Open("/data/loaded.hdb", new StoreOptions { Disk = disk, ChecksOnDispose = true }))
        {
            StoreDump.Load(loaded, text);
            AssertFull(loaded, 4096);
        }

        using Store copy = Store.Open("/data/copy.hdb", new StoreOptions { Disk = disk, ChecksOnDispose = true });
        AssertFull(copy, 4096);
        AssertKeys(copy, keys);
    }

    [Fact]
    public void Append_KeyNotAboveTheLast_ThrowsAndChangesNothing()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = StoreFixture.Open(disk);
        StoreFixture.Fill(store, 0, 1000, 100);
        using (WriteTransaction transaction = store.BeginWrite())
        {
            TreeWriter tree = transaction.OpenTree(StoreFixture.TreeName);
            Assert.Throws<ArgumentException>(() => tree.Append(StoreFixture.Key(999), [1]));
            Assert.Throws<ArgumentException>(() => tree.Append([0], [1]));
            Assert.Throws<ArgumentOutOfRangeException>(() => tree.Append([], [1]));
            Assert.Throws<ArgumentOutOfRangeException>(() => tree.Append(new byte[store.KeyBytesMaximum + 1], [1]));
            Assert.Throws<ArgumentOutOfRangeException>(() => tree.Append([0xFF], new byte[StoreLimits.ValueBytesMaximum + 1]));
            tree.Append(StoreFixture.Key(1000), [1]);
            Assert.Throws<ArgumentException>(() => tree.Append(StoreFixture.Key(1000), [2]));
            Assert.Throws<ArgumentException>(() => tree.Append(StoreFixture.Key(998), [2]));
            tree.Append(StoreFixture.Key(1001), []);
            Assert.Equal(1002, tree.Count);
            transaction.Commit(Durability.Deferred);
        }

        Assert.Equal([1], StoreFixture.Get(store, StoreFixture.Key(1000)));
        Assert.Equal(StoreFixture.Bytes(100, 999 & 0xFF), StoreFixture.Get(store, StoreFixture.Key(999)));
        Assert.Null(StoreFixture.Get(store, [0]));
    }

    [Fact]
    public void Append_IntoEmptyTree_TakesAnyKeyAgainAfterEverythingWasDeleted()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = StoreFixture.Open(disk);
        using WriteTransaction transaction = store.BeginWrite();
        TreeWriter tree = transaction.OpenTree(StoreFixture.TreeName);
        for (int round = 0; round < 3; round++)
        {
            for (byte i = 1; i < 200; i++)
            {
                tree.Append([i], StoreFixture.Bytes(100, i));
            }

            Assert.Equal(199, tree.DeleteRange(default, default));
        }

        tree.Append([1], [1]);
        transaction.Commit(Durability.Flushed);
    }

    [Theory]
    [InlineData(51)]
    [InlineData(52)]
    [InlineData(53)]
    public void Append_MixedWithEverythingElse_EqualsSortedDictionary(int seed)
    {
        // The place at the end that is kept between two appends must be given up whenever anything else changes.
        using SimulatedDisk disk = StoreFixture.CreateDisk((ulong)seed);
        using Store store = StoreFixture.Open(disk);
        var random = new Random(seed);
        var model = new StoreModel(seed, 3_000);
        ulong next = 0;
        for (int round = 0; round < 12; round++)
        {
            model.Begin();
            using WriteTransaction transaction = store.BeginWrite();
            TreeWriter tree = transaction.OpenTree(StoreFixture.TreeName);
            TreeWriter other = transaction.OpenTree("other"u8);
            for (int i = 0; i < 2_000; i++)
            {
                switch (random.Next(8))
                {
                    case 0:
                        model.Step(tree, deleteShare: 0.5);
                        break;
                    case 1:
                        other.Put(model.NextKey(), model.NextValue());
                        break;
                    case 2 when model.Uncommitted.Count > 0:
                        byte[] last = model.Uncommitted.Keys.Last();
                        Assert.Throws<ArgumentException>(() => tree.Append(last, [1]));
                        if (random.Next(2) == 0)
                        {
                            Assert.True(model.Uncommitted.Remove(last) && tree.Delete(last));
                        }

                        break;
                    default:
                        byte[] key = [0xFF, 0xFF, .. new byte[8], (byte)random.Next(2)];
                        BinaryPrimitives.WriteUInt64BigEndian(key.AsSpan(2), next++);
                        byte[] value = model.NextValue();
                        model.Uncommitted[key] = value;
                        if (random.Next(2) == 0)
                        {
                            tree.Append(key, value);
                        }
                        else
                        {
                            tree.Put(key, value);
                        }

                        break;
                }
            }

            Assert.Equal(model.Uncommitted.Count, tree.Count);
            if (round % 4 == 3)
            {
                continue;
            }

            transaction.Commit(Durability.Deferred);
            model.Commit(0);
            using ReadTransaction reader = store.BeginRead();
            StoreModel.AssertEqual(model.Committed, StoreFixture.ReadAll(reader));
            StoreFixture.AssertHealthy(store);
        }
    }

    private static byte[][] SortedKeys(int seed, int count)
    {
        var random = new Random(seed);
        var keys = new SortedSet<byte[]>(Comparer<byte[]>.Create(static (a, b) => a.AsSpan().SequenceCompareTo(b)));
        while (keys.Count < count)
        {
            byte[] key = new byte[16];
            random.NextBytes(key);
            keys.Add(key);
        }

        return [.. keys];
    }

    private static void Load(Store store, byte[][] keys, int valueBytes, bool appends)
    {
        using WriteTransaction transaction = store.BeginWrite();
        TreeWriter tree = transaction.OpenTree(StoreFixture.TreeName);
        byte[] value = StoreFixture.Bytes(valueBytes, 7);
        foreach (byte[] key in keys)
        {
            if (appends)
            {
                tree.Append(key, value);
            }
            else
            {
                tree.Put(key, value);
            }
        }

        transaction.Commit(Durability.Deferred);
    }

    private static void AssertFull(Store store, int pageSizeBytes)
    {
        TreeReport tree = Assert.Single(store.Check().Trees);
        long capacityBytes = pageSizeBytes - PageHeader.SizeBytes;
        AssertFull(tree.LeafUsedBytes, tree.LeafPageCount, capacityBytes, "leaves");

        // The last page of a level is as full as it happens to be; with few pages it would decide.
        AssertFull(tree.BranchUsedBytes, Math.Max(1, tree.BranchPageCount - tree.Levels + 1), capacityBytes, "branches");
    }

    private static void AssertFull(long usedBytes, long pageCount, long capacityBytes, string what)
    {
        double fill = (double)usedBytes / (pageCount * capacityBytes);
        Assert.True(pageCount < 4 || fill >= FillMinimum, $"{pageCount} {what} are {fill:P1} full.");
    }

    private static void AssertKeys(Store store, byte[][] keys)
    {
        using ReadTransaction reader = store.BeginRead();
        Assert.True(reader.TryOpenTree(StoreFixture.TreeName, out TreeReader tree));
        int next = 0;
        foreach (KeyRange.Entry entry in tree.Range(default, default))
        {
            Assert.True(entry.Key.SequenceEqual(keys[next++]));
        }

        Assert.Equal(keys.Length, next);
    }
}
