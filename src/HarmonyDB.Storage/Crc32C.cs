using System.Buffers.Binary;
using System.Numerics;

namespace HarmonyDB.Storage;

/// <summary>CRC-32C (Castagnoli, RFC 3720 appendix B.4): the checksum of every page and record. Uses the processor's instruction where there is one.</summary>
internal static class Crc32C
{
    /// <summary>Computes the checksum of <paramref name="source"/>, continuing from <paramref name="seed"/>.</summary>
    /// <param name="source">The bytes.</param>
    /// <param name="seed">0 to begin, or the checksum of what came before: <c>Compute(b, Compute(a))</c> is the checksum of a followed by b.</param>
    public static uint Compute(ReadOnlySpan<byte> source, uint seed = 0)
    {
        var crc = ~seed;
        while (source.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(source));
            source = source[sizeof(ulong)..];
        }

        foreach (var value in source)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return ~crc;
    }

    /// <summary>Continues a checksum with a number, as if its eight little-endian bytes followed.</summary>
    public static uint Continue(uint seed, ulong value)
    {
        return ~BitOperations.Crc32C(~seed, value);
    }
}
