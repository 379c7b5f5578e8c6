using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Tree;
using Xunit;

namespace HarmonyDB.Storage.Tests.Tree;

public sealed class StoreMemoryTests
{
    private const int AllowedPages = 40;
    private const int KeyCount = 2000;

    [Theory]
    [InlineData(81, true)]
    [InlineData(82, true)]
    [InlineData(83, false)]
    [InlineData(84, false)]
    public void Commit_MoreUnwrittenThanAllowed_IsWrittenAndGivenBackWhileReadersGoOn(int seed, bool mapsBeyondEnd)
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = Open(mapsBeyondEnd ? disk : new MapFaultDisk(disk));
        var random = new Random(seed);
        byte[]?[] expected = new byte[KeyCount][];
        var readers = new List<(ReadTransaction Reader, byte[]?[] Expected)>();
        long privateMost = 0;
        for (int round = 0; round < 300; round++)
        {
            var entries = new (byte[] Key, byte[] Value)[20];
            for (int i = 0; i < entries.Length; i++)
            {
                int key = random.Next(KeyCount);
                expected[key] = StoreFixture.Bytes(random.Next(300), (byte)round);
                entries[i] = (StoreFixture.Key(key), expected[key]!);
            }

            StoreFixture.Put(store, Durability.Deferred, entries);
            privateMost = Math.Max(privateMost, store.File.Mapping.PrivateCount);
            if (round % 23 == 0)
            {
                readers.Add((store.BeginRead(), [.. expected]));
            }

            if (readers.Count > 3)
            {
                AssertReads(readers[0].Reader, readers[0].Expected, seed, round);
                readers[0].Reader.Dispose();
                readers.RemoveAt(0);
            }
        }

        foreach ((ReadTransaction reader, byte[]?[] then) in readers)
        {
            AssertReads(reader, then, seed, round: 300);
            reader.Dispose();
        }

        // What is allowed, a quarter of it for pages written since, one transaction, and what only old readers need.
        Assert.InRange(privateMost, AllowedPages, 12 * AllowedPages);
        StoreFixture.AssertHealthy(store);

        // Written is not durable: power is lost, and the store is as it was created.
        using (SimulatedDisk crashed = disk.CrashedCopy(CrashKind.PowerLost, 1))
        {
            using Store reopened = StoreFixture.Open(crashed);
            Assert.Equal(0, reopened.Check().EntryCount);
        }

        // Once the memory is given back, nothing is left that a check would have to take on trust.
        store.Checkpoint();
        store.File.Mapping.DiscardExcept(new PageBitmap());
        for (ulong page = PageHeader.FirstPageId; page < (ulong)store.Statistics.PageCount; page++)
        {
            Assert.False(store.File.Mapping.IsUnwritten(page), $"Seed {seed}, page {page}.");
        }

        StoreFixture.AssertHealthy(store);
        using SimulatedDisk durable = disk.CrashedCopy(CrashKind.PowerLost, 1);
        using Store recovered = StoreFixture.Open(durable);
        using ReadTransaction all = recovered.BeginRead();
        AssertReads(all, expected, seed, round: 301);
    }

    [Fact]
    public void Commit_FewPages_WritesNothingBeforeTheCheckpoint()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = StoreFixture.Open(disk);
        StoreFixture.Fill(store, 0, 500, 100);
        disk.RecordsOperations = true;
        StoreFixture.Fill(store, 0, 500, 110, Durability.Deferred);
        Assert.Equal(0, CountWrites(disk));
        store.Checkpoint();
        Assert.InRange(CountWrites(disk), 5, 200);
    }

    private static int CountWrites(SimulatedDisk disk) => disk.Operations.Count(static operation => operation.Kind == DiskOperationKind.Write);

    private static Store Open(Disk disk) => Store.Open(
        StoreFixture.StorePath, new StoreOptions { Disk = disk, MaximumUnwrittenBytes = AllowedPages * 4096, ChecksOnDispose = true });

    private static void AssertReads(ReadTransaction reader, byte[]?[] expected, int seed, int round)
    {
        Assert.True(reader.TryOpenTree(StoreFixture.TreeName, out TreeReader tree), $"Seed {seed}, round {round}.");
        for (int i = 0; i < expected.Length; i++)
        {
            bool found = tree.TryGet(StoreFixture.Key(i), out ReadOnlySpan<byte> value);
            Assert.True(found == expected[i] is not null && value.SequenceEqual(expected[i]), $"Seed {seed}, round {round}, key {i}.");
        }
    }
}
