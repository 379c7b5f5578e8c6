using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace HarmonyDB.Storage;

/// <summary>CRC-32C (Castagnoli, RFC 3720 appendix B.4): the checksum of every page and record. Uses the processor's instruction where there is one.</summary>
/// <remarks>
/// The instruction takes three cycles until its result can be used, but one can be started every cycle. So long inputs are read as three lanes
/// side by side; a lane's checksum is then carried over the length of what follows it.
/// </remarks>
internal static class Crc32C
{
    /// <summary>A page of 4 KiB less its checksum is three lanes and a tail of 12 bytes.</summary>
    private const int LaneBytes = 1360;

    private const uint ReversedPolynomial = 0x82F63B78;

    private static readonly uint[] Carry = CreateCarryTable();

    /// <summary>Computes the checksum of <paramref name="source"/>, continuing from <paramref name="seed"/>.</summary>
    /// <param name="source">The bytes.</param>
    /// <param name="seed">0 to begin, or the checksum of what came before: <c>Compute(b, Compute(a))</c> is the checksum of a followed by b.</param>
    public static uint Compute(ReadOnlySpan<byte> source, uint seed = 0)
    {
        uint crc = ~seed;
        while (source.Length >= 3 * LaneBytes)
        {
            crc = ComputeLanes(ref MemoryMarshal.GetReference(source), crc);
            source = source[(3 * LaneBytes)..];
        }

        while (source.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, Load(ref MemoryMarshal.GetReference(source), 0));
            source = source[sizeof(ulong)..];
        }

        foreach (byte value in source)
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

    private static uint ComputeLanes(ref byte source, uint first)
    {
        uint second = 0;
        uint third = 0;
        for (nint i = 0; i < LaneBytes; i += sizeof(ulong))
        {
            first = BitOperations.Crc32C(first, Load(ref source, i));
            second = BitOperations.Crc32C(second, Load(ref source, i + LaneBytes));
            third = BitOperations.Crc32C(third, Load(ref source, i + (2 * LaneBytes)));
        }

        return CarryOverLane(CarryOverLane(first) ^ second) ^ third;
    }

    private static ulong Load(ref byte source, nint offset)
    {
        ulong value = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref source, offset));
        return BitConverter.IsLittleEndian ? value : System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(value);
    }

    /// <summary>What the checksum becomes when a lane of zeros follows: linear, so one table entry for each of its four bytes.</summary>
    private static uint CarryOverLane(uint crc) =>
        Carry[crc & 0xFF] ^ Carry[256 + ((crc >> 8) & 0xFF)] ^ Carry[512 + ((crc >> 16) & 0xFF)] ^ Carry[768 + (crc >> 24)];

    private static uint[] CreateCarryTable()
    {
        Span<uint> carriedBits = stackalloc uint[32];
        for (int bit = 0; bit < 32; bit++)
        {
            uint crc = 1u << bit;
            for (int i = 0; i < 8 * LaneBytes; i++)
            {
                crc = (crc >> 1) ^ ((crc & 1) == 0 ? 0 : ReversedPolynomial);
            }

            carriedBits[bit] = crc;
        }

        uint[] table = new uint[4 * 256];
        for (int i = 0; i < table.Length; i++)
        {
            for (int bit = 0; bit < 8; bit++)
            {
                table[i] ^= (i >> bit & 1) == 0 ? 0 : carriedBits[(i / 256 * 8) + bit];
            }
        }

        return table;
    }
}
