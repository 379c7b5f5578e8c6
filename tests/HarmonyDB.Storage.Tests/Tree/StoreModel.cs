using System.Text;
using HarmonyDB.Storage.Tree;
using Xunit;

namespace HarmonyDB.Storage.Tests.Tree;

/// <summary>Drives a store and a sorted dictionary with the same random operations.</summary>
internal sealed class StoreModel
{
    private static readonly IComparer<byte[]> Order = Comparer<byte[]>.Create(static (a, b) => a.AsSpan().SequenceCompareTo(b));

    private readonly Random _random;
    private readonly int _keyCount;

    internal StoreModel(int seed, int keyCount)
    {
        _random = new Random(seed);
        _keyCount = keyCount;
    }

    internal SortedDictionary<byte[], byte[]> Committed { get; private set; } = new(Order);

    internal SortedDictionary<byte[], byte[]> Uncommitted { get; private set; } = new(Order);

    internal ulong CommittedMark { get; private set; }

    internal void Begin() => Uncommitted = new SortedDictionary<byte[], byte[]>(Committed, Order);

    internal void Commit(ulong mark)
    {
        Committed = Uncommitted;
        CommittedMark = mark;
    }

    internal void Restore(SortedDictionary<byte[], byte[]> state, ulong mark)
    {
        Committed = state;
        CommittedMark = mark;
    }

    /// <summary>Keys of four shapes: short, with long common prefixes, long, and binary with zeros.</summary>
    internal byte[] NextKey()
    {
        int number = _random.Next(_keyCount);
        return (number % 8) switch
        {
            0 or 1 or 2 => Encoding.UTF8.GetBytes($"key{number}"),
            3 or 4 => Encoding.UTF8.GetBytes($"/registry/pods/default/some-rather-long-common-prefix/{number:D6}"),
            5 => [.. Encoding.UTF8.GetBytes(new string((char)('a' + (number % 3)), 100 + (number % 900))), (byte)(number >> 8), (byte)number],
            6 => [0, (byte)(number >> 8), .. new byte[number % 5]],
            _ => [(byte)number, (byte)(number >> 8)],
        };
    }

    internal byte[] NextValue()
    {
        int length = _random.Next(20) switch
        {
            0 => 0,
            1 => _random.Next(4096, 40_000),
            2 or 3 => _random.Next(800, 1400),
            _ => _random.Next(1, 120),
        };
        byte[] value = new byte[length];
        _random.NextBytes(value);
        return value;
    }

    internal void Step(TreeWriter tree, double deleteShare)
    {
        byte[] key = NextKey();
        if (_random.NextDouble() < deleteShare)
        {
            Assert.Equal(Uncommitted.Remove(key), tree.Delete(key));
        }
        else
        {
            byte[] value = NextValue();
            Uncommitted[(byte[])key.Clone()] = (byte[])value.Clone();
            tree.Put(key, value);

            // B20: what happens to the arrays afterwards is no business of the store.
            Array.Fill(key, (byte)0xEE);
            Array.Fill(value, (byte)0xEE);
        }

        Assert.Equal(Uncommitted.Count, tree.Count);
    }

    internal static void AssertEqual(SortedDictionary<byte[], byte[]> expected, List<(byte[] Key, byte[] Value)> actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        int i = 0;
        foreach ((byte[] key, byte[] value) in expected)
        {
            Assert.True(key.AsSpan().SequenceEqual(actual[i].Key), $"Key {i} differs.");
            Assert.True(value.AsSpan().SequenceEqual(actual[i].Value), $"Value {i} differs.");
            i++;
        }
    }
}
