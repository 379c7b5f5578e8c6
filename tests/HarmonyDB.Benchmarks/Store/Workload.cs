using System.Runtime.InteropServices;

namespace HarmonyDB.Benchmarks.Store;

/// <summary>
/// The keys, values and orders of the store benchmark, drawn with splitmix64 (Steele, Lea and Flood 2014) so that <c>peers.c</c> makes the very same
/// ones. Checksums of what was read are compared between the two.
/// </summary>
internal static class Workload
{
    public const int KeyBytes = 16;
    public const int ValueBytes = 100;

    /// <summary>Entries put in one transaction.</summary>
    public const int BatchSize = 1000;

    private const ulong Gamma = 0x9E3779B97F4A7C15;
    private const int ValueWords = (ValueBytes + sizeof(ulong) - 1) / sizeof(ulong);

    /// <summary>Writes key number <paramref name="index"/>: 16 random bytes.</summary>
    public static void WriteKey(ulong index, Span<byte> key)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(key);
        words[0] = Mix(((2 * index) + 1) * Gamma);
        words[1] = Mix(((2 * index) + 2) * Gamma);
    }

    /// <summary>Writes the value that a key has in a version.</summary>
    public static void WriteValue(ulong index, ulong version, Span<byte> value)
    {
        Span<ulong> words = stackalloc ulong[ValueWords];
        var word = Mix((index * Gamma) + version);
        for (var i = 0; i < words.Length; i++, word += Gamma)
        {
            words[i] = word;
        }

        MemoryMarshal.AsBytes(words)[..ValueBytes].CopyTo(value);
    }

    /// <summary>Reads every byte: the sum of its 64-bit words, then of the bytes that are left.</summary>
    public static ulong Sum(ReadOnlySpan<byte> bytes)
    {
        var total = 0UL;
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words)
        {
            total += word;
        }

        foreach (var rest in bytes[(words.Length * sizeof(ulong))..])
        {
            total += rest;
        }

        return total;
    }

    /// <summary>The numbers from 0 to <paramref name="keys"/> - 1 after a Fisher-Yates shuffle.</summary>
    public static uint[] Order(int keys, ulong seed)
    {
        var order = new uint[keys];
        for (var i = 0; i < keys; i++)
        {
            order[i] = (uint)i;
        }

        for (var i = keys - 1; i > 0; i--)
        {
            seed += Gamma;
            var other = Math.BigMul(Mix(seed), (ulong)i + 1, out _);
            (order[i], order[other]) = (order[other], order[i]);
        }

        return order;
    }

    /// <summary>The first <paramref name="count"/> keys of an order, one behind the other; in the order of their numbers if there is none.</summary>
    public static byte[] Keys(uint[]? order, int count)
    {
        var keys = new byte[count * KeyBytes];
        for (var i = 0; i < count; i++)
        {
            WriteKey(order is null ? (ulong)i : order[i], keys.AsSpan(i * KeyBytes, KeyBytes));
        }

        return keys;
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
