using System.Globalization;
using System.Text;
using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Tree;
using Xunit;

namespace HarmonyDB.Storage.Tests.Tree;

/// <summary>Shorthand for stores on a simulated disk.</summary>
internal static class StoreFixture
{
    internal const string StorePath = "/data/store.hdb";

    internal static ReadOnlySpan<byte> TreeName => "t"u8;

    internal static SimulatedDisk CreateDisk(ulong seed = 1, long maximumFileBytes = 64L << 20)
    {
        var disk = new SimulatedDisk(seed, maximumFileBytes);
        disk.CreateDirectory("/data");
        return disk;
    }

    /// <summary>Opens a store that checks itself when it is disposed, unless told otherwise: where damage is the point.</summary>
    internal static Store Open(Disk disk, int pageSizeBytes = 4096, bool readOnly = false, int maximumReaders = 64, bool checks = true) => Store.Open(
        StorePath,
        new StoreOptions { Disk = disk, PageSizeBytes = pageSizeBytes, ReadOnly = readOnly, MaximumReaders = maximumReaders, ChecksOnDispose = checks });

    internal static byte[] Key(int number) => Encoding.UTF8.GetBytes(number.ToString("D8", CultureInfo.InvariantCulture));

    internal static byte[] Bytes(int length, byte fill)
    {
        byte[] bytes = new byte[length];
        Array.Fill(bytes, fill);
        return bytes;
    }

    internal static void Put(Store store, Durability durability, params (byte[] Key, byte[] Value)[] entries)
    {
        using WriteTransaction transaction = store.BeginWrite();
        TreeWriter tree = transaction.OpenTree(TreeName);
        foreach ((byte[] key, byte[] value) in entries)
        {
            tree.Put(key, value);
        }

        transaction.Commit(durability);
    }

    internal static void Fill(Store store, int from, int to, int valueBytes, Durability durability = Durability.Flushed)
    {
        using WriteTransaction transaction = store.BeginWrite();
        TreeWriter tree = transaction.OpenTree(TreeName);
        for (int i = from; i < to; i++)
        {
            tree.Put(Key(i), Bytes(valueBytes, (byte)i));
        }

        transaction.Commit(durability);
    }

    internal static byte[]? Get(Store store, byte[] key)
    {
        using ReadTransaction transaction = store.BeginRead();
        return transaction.TryOpenTree(TreeName, out TreeReader tree) && tree.TryGet(key, out ReadOnlySpan<byte> value) ? value.ToArray() : null;
    }

    internal static List<(byte[] Key, byte[] Value)> ReadAll(ReadTransaction transaction)
    {
        var entries = new List<(byte[] Key, byte[] Value)>();
        if (transaction.TryOpenTree(TreeName, out TreeReader tree))
        {
            foreach (KeyRange.Entry entry in tree.Range(default, default))
            {
                entries.Add((entry.Key.ToArray(), entry.Value.ToArray()));
            }
        }

        return entries;
    }

    internal static void AssertHealthy(Store store)
    {
        CheckReport report = store.Check();
        Assert.True(report.IsHealthy, string.Join(Environment.NewLine, report.Problems));
    }
}
