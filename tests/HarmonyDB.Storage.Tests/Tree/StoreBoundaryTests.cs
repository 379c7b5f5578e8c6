using System.Runtime.InteropServices;
using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Tree;
using Xunit;

namespace HarmonyDB.Storage.Tests.Tree;

/// <summary>The smallest and largest of everything, and one beyond, at each page size.</summary>
public sealed unsafe class StoreBoundaryTests
{
    public static TheoryData<int> PageSizes() => [4096, 8192, 16_384, 32_768, 65_536];

    [Theory]
    [MemberData(nameof(PageSizes))]
    public void B16_KeysOfBoundaryLengths_AreKeptOrRefused(int pageSizeBytes)
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        int maximum = StoreLimits.KeyBytesMaximum(pageSizeBytes);
        var model = new SortedDictionary<byte[], byte[]>(Comparer<byte[]>.Create(static (a, b) => a.AsSpan().SequenceCompareTo(b)));
        using (Store store = StoreFixture.Open(disk, pageSizeBytes))
        {
            Assert.Equal(maximum, store.KeyBytesMaximum);
            Assert.True(maximum >= 1000);
            using WriteTransaction transaction = store.BeginWrite();
            TreeWriter tree = transaction.OpenTree(StoreFixture.Bytes(maximum, 1));
            Assert.Throws<ArgumentOutOfRangeException>(() => tree.Put([], [1]));
            Assert.Throws<ArgumentOutOfRangeException>(() => tree.Put(new byte[maximum + 1], [1]));
            Assert.Throws<ArgumentOutOfRangeException>(() => tree.Append([], [1]));
            Assert.Throws<ArgumentOutOfRangeException>(() => tree.Append(new byte[maximum + 1], [1]));
            Assert.Throws<ArgumentOutOfRangeException>(() => transaction.OpenTree([]));
            Assert.Throws<ArgumentOutOfRangeException>(() => transaction.OpenTree(new byte[maximum + 1]));

            // Few fit into a page, so every other one splits it; that keys differ in the first byte only makes separators short, in the last byte only long.
            var random = new Random(pageSizeBytes);
            foreach (int length in new[] { 1, 2, 3, 4, 5, maximum - 1, maximum })
            {
                for (int i = 0; i < 60; i++)
                {
                    byte[] key = StoreFixture.Bytes(length, (byte)'k');
                    key[i % 2 == 0 ? 0 : length - 1] = (byte)random.Next(256);
                    model[key] = BitConverter.GetBytes(i);
                    tree.Put(key, model[key]);
                }
            }

            Assert.False(tree.TryGet([], out _));
            Assert.False(tree.TryGet(new byte[maximum + 1], out _));
            Assert.False(tree.Delete([]));
            Assert.False(tree.Delete(new byte[maximum + 1]));
            transaction.Commit(Durability.Flushed);
        }

        using Store reopened = StoreFixture.Open(disk);
        using ReadTransaction reader = reopened.BeginRead();
        Assert.True(reader.TryOpenTree(StoreFixture.Bytes(maximum, 1), out TreeReader read));
        Assert.Equal(model.Count, read.Count);
        Assert.All(model, entry => Assert.True(read.TryGet(entry.Key, out ReadOnlySpan<byte> value) && value.SequenceEqual(entry.Value)));
        Assert.False(read.TryGet(new byte[maximum + 1], out _));
    }

    [Theory]
    [MemberData(nameof(PageSizes))]
    public void B15_ValuesOfBoundaryLengths_AreKept(int pageSizeBytes)
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        byte[] key = StoreFixture.Key(1);
        int inline = StoreLimits.InlineCellBytesMaximum(pageSizeBytes) - NodePage.LeafSlotBytes - NodePage.LeafCellBytes - key.Length;
        int onePage = pageSizeBytes - OverflowRun.ValueOffset(1);
        int[] lengths =
        [
            .. new SortedSet<int>
            {
                0, 1, 20, 21, inline - 1, inline, inline + 1, onePage - 1, onePage, onePage + 1, 32_767, 32_768, 65_535, 65_536, 65_537, 131_072, 131_073,
            },
        ];
        using (Store store = StoreFixture.Open(disk, pageSizeBytes))
        {
            foreach (int length in lengths)
            {
                // The same key from each length to the next, and one key for each length.
                StoreFixture.Put(store, Durability.Flushed, (key, Value(length)), (StoreFixture.Key(1000 + length), Value(length)));
                Assert.Equal(Value(length), StoreFixture.Get(store, key));
                TreeReport report = Assert.Single(store.Check().Trees);
                int own = lengths.Where(other => other > inline && other <= length).Sum(other => OverflowRun.PageCount(other, pageSizeBytes));
                int shared = length > inline ? OverflowRun.PageCount(length, pageSizeBytes) : 0;
                Assert.Equal(own + shared, report.OverflowPageCount);
            }
        }

        using Store reopened = StoreFixture.Open(disk);
        Assert.All(lengths, length => Assert.Equal(Value(length), StoreFixture.Get(reopened, StoreFixture.Key(1000 + length))));
        Assert.Null(StoreFixture.Get(reopened, StoreFixture.Key(2)));
    }

    [Fact]
    public void B15_ValueOf1GiB_IsKeptAndOneByteMoreRefused()
    {
        // In memory if the system offers that as a file system, for how fast a disk is does not matter here.
        string? root = new[] { "/dev/shm", Path.GetTempPath() }.FirstOrDefault(
            static folder => Directory.Exists(folder) && new DriveInfo(folder).AvailableFreeSpace > 3L * StoreLimits.ValueBytesMaximum);
        if (root is null)
        {
            // A disk that cannot hold it says nothing about the store.
            return;
        }

        string directory = Directory.CreateDirectory(Path.Combine(root, Path.GetRandomFileName())).FullName;

        // Zeros that were never touched take no memory, so that this is about the file.
        byte* memory = (byte*)NativeMemory.AllocZeroed(StoreLimits.ValueBytesMaximum + 1);
        try
        {
            using Store store = Store.Open(Path.Combine(directory, "store.hdb"), new StoreOptions { Disk = new SystemDisk() });
            var value = new ReadOnlySpan<byte>(memory, StoreLimits.ValueBytesMaximum);
            using (WriteTransaction transaction = store.BeginWrite())
            {
                TreeWriter tree = transaction.OpenTree(StoreFixture.TreeName);
                Assert.Throws<ArgumentOutOfRangeException>(() => tree.Put([1], new ReadOnlySpan<byte>(memory, StoreLimits.ValueBytesMaximum + 1)));
                Assert.Throws<ArgumentOutOfRangeException>(() => tree.Append([1], new ReadOnlySpan<byte>(memory, StoreLimits.ValueBytesMaximum + 1)));
                tree.Put([1], value);
                tree.Put([2], [2]);
                transaction.Commit(Durability.Deferred);
            }

            using (ReadTransaction reader = store.BeginRead())
            {
                Assert.True(reader.TryOpenTree(StoreFixture.TreeName, out TreeReader tree));
                Assert.True(tree.TryGet([1], out ReadOnlySpan<byte> stored));
                Assert.Equal(StoreLimits.ValueBytesMaximum, stored.Length);
                Assert.Equal(-1, stored.IndexOfAnyExcept((byte)0));
                Assert.True(tree.TryGet([2], out stored) && stored.SequenceEqual(new byte[] { 2 }));
            }

            long pages = store.Statistics.PageCount;
            Assert.InRange(pages, (1 << 18) + 4, (1 << 18) + 64);
            using (WriteTransaction transaction = store.BeginWrite())
            {
                Assert.True(transaction.OpenTree(StoreFixture.TreeName).Delete([1]));
                transaction.Commit(Durability.Deferred);
            }

            store.BeginWrite().Dispose();
            Assert.InRange(store.Statistics.FreePageCount, 1 << 18, pages);
        }
        finally
        {
            NativeMemory.Free(memory);
            Directory.Delete(directory, recursive: true);
        }
    }

    private static byte[] Value(int length)
    {
        byte[] value = new byte[length];
        new Random(length).NextBytes(value);
        return value;
    }
}
