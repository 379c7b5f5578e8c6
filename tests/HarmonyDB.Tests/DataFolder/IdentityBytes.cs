using System.Buffers.Binary;
using System.Numerics;

namespace HarmonyDB.Tests.DataFolder;

/// <summary>Makes up identity files as docs/format.md has them, apart from the code that reads them.</summary>
internal static class IdentityBytes
{
    /// <summary>The same file with another format version and a checksum that is right.</summary>
    public static byte[] WithFormat(byte[] identity, uint format)
    {
        byte[] bytes = [.. identity];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), format);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(124), Checksum(bytes.AsSpan(0, 124)));
        return bytes;
    }

    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in bytes)
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        return ~crc;
    }
}
