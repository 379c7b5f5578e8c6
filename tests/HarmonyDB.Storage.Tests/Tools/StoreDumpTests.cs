using System.Text;
using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Tests.Tree;
using HarmonyDB.Storage.Tools;
using HarmonyDB.Storage.Tree;
using Xunit;

namespace HarmonyDB.Storage.Tests.Tools;

public sealed class StoreDumpTests
{
    [Theory]
    [InlineData(4096, 4096)]
    [InlineData(4096, 16384)]
    public void DumpThenLoad_BinaryKeysValuesAndTrees_GivesTheSameDump(int fromPageBytes, int toPageBytes)
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = StoreFixture.Open(disk, fromPageBytes);
        Fill(store);
        byte[] dump = Dump(store, out DumpSummary written);

        using SimulatedDisk otherDisk = StoreFixture.CreateDisk(2);
        using Store other = StoreFixture.Open(otherDisk, toPageBytes);
        DumpSummary loaded = StoreDump.Load(other, new MemoryStream(dump));
        Assert.Equal(written, loaded);
        Assert.Equal(77UL, other.DurableMark);
        StoreFixture.AssertHealthy(other);
        byte[] again = Dump(other, out _);
        Assert.Equal(
            Encoding.ASCII.GetString(dump).Split('\n')[2..^2],
            Encoding.ASCII.GetString(again).Split('\n')[2..^2]);
        Assert.Equal(fromPageBytes, StoreDump.ReadPageSize(new MemoryStream(dump)));
    }

    [Fact]
    public void Dump_OfAFewRecords_IsTheDocumentedText()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = StoreFixture.Open(disk);
        StoreFixture.Put(store, Durability.Flushed, ([0, (byte)'a', (byte)'\\'], "x y"u8.ToArray()), ("b"u8.ToArray(), []));
        string text = Encoding.ASCII.GetString(Dump(store, out _));
        Assert.StartsWith("harmony-dump 1\npage-size 4096\nmark 0\ntree t 2\n\\00a\\5c x\\20y\nb \nend 1 2 ", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_AnyBitFlippedOrCutShort_IsRefused()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = StoreFixture.Open(disk);
        StoreFixture.Put(store, Durability.Flushed, ("key"u8.ToArray(), "value"u8.ToArray()), ([0, 255], [1, 2, 3]));
        byte[] dump = Dump(store, out _);
        using SimulatedDisk otherDisk = StoreFixture.CreateDisk(2);
        using Store other = StoreFixture.Open(otherDisk);
        for (int bit = 0; bit < dump.Length * 8; bit++)
        {
            byte[] damaged = (byte[])dump.Clone();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));

            // The last line's own checksum is written in lower case; upper case is the same number.
            if (!Encoding.ASCII.GetString(damaged).Equals(Encoding.ASCII.GetString(dump), StringComparison.OrdinalIgnoreCase) || bit / 8 < dump.Length - 9)
            {
                Assert.Throws<InvalidDataException>(() => StoreDump.Load(other, new MemoryStream(damaged)));
            }
        }

        for (int length = 0; length < dump.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => StoreDump.Load(other, new MemoryStream(dump, 0, length)));
        }
    }

    private static void Fill(Store store)
    {
        var random = new Random(5);
        using WriteTransaction transaction = store.BeginWrite();
        transaction.Mark = 77;
        transaction.OpenTree("empty"u8);
        foreach (byte[] name in new[] { "plain"u8.ToArray(), [0, 1, 255, 32, 10] })
        {
            TreeWriter tree = transaction.OpenTree(name);
            for (int i = 0; i < 3000; i++)
            {
                byte[] key = new byte[random.Next(1, 40)];
                byte[] value = new byte[i % 500 == 0 ? 90_000 : random.Next(0, 200)];
                random.NextBytes(key);
                random.NextBytes(value);
                tree.Put(key, value);
            }

            tree.Put(StoreFixture.Bytes(store.KeyBytesMaximum, 32), []);
        }

        transaction.Commit(Durability.Flushed);
    }

    private static byte[] Dump(Store store, out DumpSummary summary)
    {
        using var text = new MemoryStream();
        using ReadTransaction reader = store.BeginRead();
        summary = StoreDump.Write(store, reader, text);
        return text.ToArray();
    }
}
