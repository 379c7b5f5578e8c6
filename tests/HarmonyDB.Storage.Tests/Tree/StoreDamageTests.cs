using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Tree;
using Xunit;

namespace HarmonyDB.Storage.Tests.Tree;

public sealed class StoreDamageTests
{
    [Fact]
    public void Read_AnySingleBitFlipped_ThrowsOrAnswersRight()
    {
        const int Seed = 7;
        byte[] healthy = CreateFile(out List<(byte[] Key, byte[] Value)> expected);
        var random = new Random(Seed);
        int refused = 0;
        for (int i = 0; i < 400; i++)
        {
            int offset = random.Next(healthy.Length);
            byte[] damaged = (byte[])healthy.Clone();
            damaged[offset] ^= (byte)(1 << random.Next(8));
            using SimulatedDisk disk = StoreCrashTests.WithFile(damaged);
            try
            {
                using Store store = StoreFixture.Open(disk, checks: false);
                using ReadTransaction reader = store.BeginRead();
                List<(byte[] Key, byte[] Value)> actual = StoreFixture.ReadAll(reader);
                bool isOlder = reader.TxId != new TxId(4);
                Assert.True(isOlder || actual.Count == expected.Count, $"Seed {Seed}, flip {i} at {offset}: entries are missing.");
                for (int j = 0; j < actual.Count && !isOlder; j++)
                {
                    Assert.True(actual[j].Key.AsSpan().SequenceEqual(expected[j].Key) && actual[j].Value.AsSpan().SequenceEqual(expected[j].Value));
                }
            }
            catch (StoreDamagedException)
            {
                refused++;
            }
        }

        Assert.True(refused > 80, $"Only {refused} flips were noticed.");
    }

    [Fact]
    public void B29_RandomPagesWithValidChecksums_NeverCrashOrHang()
    {
        const int Seed = 8;
        byte[] healthy = CreateFile(out _);
        var random = new Random(Seed);
        for (int i = 0; i < 1500; i++)
        {
            byte[] damaged = (byte[])healthy.Clone();
            int page = random.Next(2, damaged.Length / 4096);
            for (int j = random.Next(1, 8); j > 0; j--)
            {
                int offset = random.Next(2) == 0 ? random.Next(4, 200) : random.Next(4, 4096);
                damaged[(page * 4096) + offset] = (byte)random.Next(256);
            }

            Seal(damaged.AsSpan(page * 4096, 4096));
            using SimulatedDisk disk = StoreCrashTests.WithFile(damaged);
            try
            {
                using Store store = StoreFixture.Open(disk, checks: false);
                store.Check();
                using ReadTransaction reader = store.BeginRead();
                StoreFixture.ReadAll(reader);
            }
            catch (StoreDamagedException)
            {
                // Refusing is right; so is reading what a validly sealed page says.
                continue;
            }
        }
    }

    [Fact]
    public void W19_TwoPagesSwapped_Throws()
    {
        byte[] file = CreateFile(out _);
        int first = FindLeaf(file, (file.Length / 4096) - 1);
        int second = FindLeaf(file, first - 1);
        byte[] swapped = (byte[])file.Clone();
        file.AsSpan(first * 4096, 4096).CopyTo(swapped.AsSpan(second * 4096));
        file.AsSpan(second * 4096, 4096).CopyTo(swapped.AsSpan(first * 4096));
        using SimulatedDisk disk = StoreCrashTests.WithFile(swapped);
        using Store store = StoreFixture.Open(disk, checks: false);
        using ReadTransaction reader = store.BeginRead();
        StoreDamagedException exception = Assert.Throws<StoreDamagedException>(() => StoreFixture.ReadAll(reader));
        Assert.Contains(exception.Page.Value, new[] { (ulong)first, (ulong)second });
        Assert.False(store.Check().IsHealthy);
    }

    [Fact]
    public void B24_FileCutShort_OpenThrows()
    {
        byte[] file = CreateFile(out _);
        using SimulatedDisk disk = StoreCrashTests.WithFile(file[..(8 * 4096)]);
        Assert.Throws<StoreDamagedException>(() => StoreFixture.Open(disk));

        // The failed open has let go of everything.
        Assert.Throws<StoreDamagedException>(() => StoreFixture.Open(disk));
    }

    [Fact]
    public void B37_JunkAppended_OpensAndGrows()
    {
        byte[] file = [.. CreateFile(out List<(byte[] Key, byte[] Value)> expected), .. StoreFixture.Bytes(5001, 0xAB)];
        using SimulatedDisk disk = StoreCrashTests.WithFile(file);
        using Store store = StoreFixture.Open(disk);
        StoreFixture.Fill(store, 100_000, 101_000, 300);
        StoreFixture.AssertHealthy(store);
        using ReadTransaction reader = store.BeginRead();
        Assert.Equal(expected.Count + 1000, StoreFixture.ReadAll(reader).Count);
    }

    [Fact]
    public void Open_BothMetasDamaged_Throws()
    {
        byte[] file = CreateFile(out _);
        file[40] ^= 1;
        file[4096 + 40] ^= 1;
        using SimulatedDisk disk = StoreCrashTests.WithFile(file);
        Assert.Throws<StoreDamagedException>(() => StoreFixture.Open(disk));
    }

    [Fact]
    public void B36_ReadOnlyOpen_WritesNothing()
    {
        byte[] file = CreateFile(out List<(byte[] Key, byte[] Value)> expected);
        using SimulatedDisk disk = StoreCrashTests.WithFile(file);
        long operations = disk.Counters.Operations;
        using (Store store = StoreFixture.Open(disk, readOnly: true))
        {
            StoreFixture.AssertHealthy(store);
            using ReadTransaction reader = store.BeginRead();
            Assert.Equal(expected.Count, StoreFixture.ReadAll(reader).Count);
            Assert.Throws<InvalidOperationException>(() => store.BeginWrite());
            Assert.Throws<InvalidOperationException>(() => store.Checkpoint());
        }

        Assert.Equal(operations, disk.Counters.Operations);
        Assert.Equal(file, StoreCrashTests.ReadFile(disk));
    }

    /// <summary>Two levels, common prefixes, a large value and a free list; the newest transaction is 4.</summary>
    private static byte[] CreateFile(out List<(byte[] Key, byte[] Value)> entries)
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using (Store store = StoreFixture.Open(disk))
        {
            StoreFixture.Fill(store, 0, 400, 100);
            using (WriteTransaction transaction = store.BeginWrite())
            {
                TreeWriter tree = transaction.OpenTree(StoreFixture.TreeName);
                for (int i = 0; i < 150; i++)
                {
                    tree.Delete(StoreFixture.Key(i));
                }

                tree.Put(StoreFixture.Key(1000), StoreFixture.Bytes(30_000, 9));
                transaction.Commit(Durability.Flushed);
            }

            using ReadTransaction reader = store.BeginRead();
            Assert.Equal(new TxId(4), reader.TxId);
            entries = StoreFixture.ReadAll(reader);
        }

        return StoreCrashTests.ReadFile(disk);
    }

    private static void Seal(Span<byte> page) => BitConverter.TryWriteBytes(page, Crc32C.Compute(page[PageHeader.TypeOffset..]));

    private static int FindLeaf(byte[] file, int from)
    {
        for (int page = from; page >= 2; page--)
        {
            Span<byte> bytes = file.AsSpan(page * 4096, 4096);
            if (bytes[PageHeader.TypeOffset] == (byte)PageType.Leaf && BitConverter.ToUInt64(bytes[PageHeader.PageIdOffset..]) == (ulong)page
                && BitConverter.ToUInt16(bytes[PageHeader.CountOffset..]) > 20 && BitConverter.ToUInt64(bytes[PageHeader.TxIdOffset..]) == 3)
            {
                return page;
            }
        }

        throw new InvalidOperationException("There is no such leaf.");
    }
}
