using System.Buffers.Binary;

namespace HarmonyDB.Keyspace;

/// <summary>
/// The newest applied configuration of the cluster: bytes 0-7 the index of its log entry, little-endian, then the entry's payload, which is opaque
/// here. It is written in the commit that applies the entry, so that the log may be shortened behind it and a copy of the store says who its members are.
/// </summary>
internal static class ConfigurationRecord
{
    private const int IndexBytes = sizeof(ulong);

    /// <summary>Reads a record. The payload is a copy.</summary>
    /// <exception cref="KeyspaceCorruptException">It is not such a record.</exception>
    public static (ulong Index, byte[] Payload) Read(ReadOnlySpan<byte> stored)
    {
        ulong index = stored.Length > IndexBytes ? BinaryPrimitives.ReadUInt64LittleEndian(stored) : 0;
        return index > 0
            ? (index, stored[IndexBytes..].ToArray())
            : throw new KeyspaceCorruptException($"The keyspace's configuration record has {stored.Length} bytes and names entry {index}.");
    }

    /// <summary>Makes the bytes of a record.</summary>
    /// <param name="index">Index of the configuration's log entry.</param>
    /// <param name="payload">The entry's payload.</param>
    public static byte[] Write(ulong index, ReadOnlySpan<byte> payload)
    {
        byte[] bytes = new byte[IndexBytes + payload.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, index);
        payload.CopyTo(bytes.AsSpan(IndexBytes));
        return bytes;
    }
}
