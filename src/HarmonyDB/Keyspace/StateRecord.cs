using System.Buffers.Binary;

namespace HarmonyDB.Keyspace;

/// <summary>
/// What the keyspace keeps about itself: bytes 0-3 the layout's format, 4-7 zero, 8-15 the revision, little-endian. It is written in the
/// transaction that changes the data, and the applied index is that transaction's mark, so that none can be ahead of another (FAULTS R51).
/// </summary>
internal static class StateRecord
{
    /// <summary>Length of the record.</summary>
    public const int Bytes = 16;

    private const int RevisionOffset = 8;

    /// <summary>Reads the revision.</summary>
    /// <exception cref="KeyspaceCorruptException">It is not such a record, or is of another format.</exception>
    public static long ReadRevision(ReadOnlySpan<byte> stored)
    {
        if (stored.Length != Bytes)
        {
            throw new KeyspaceCorruptException($"The keyspace's state record has {stored.Length} bytes instead of {Bytes}.");
        }

        var format = BinaryPrimitives.ReadUInt32LittleEndian(stored);
        var revision = BinaryPrimitives.ReadInt64LittleEndian(stored[RevisionOffset..]);
        if (format != KeyspaceLayout.Format)
        {
            throw new KeyspaceCorruptException($"The keyspace has format {format}; this version reads format {KeyspaceLayout.Format}.");
        }

        return revision >= KeyspaceLayout.FirstRevision ? revision : throw new KeyspaceCorruptException($"The keyspace's revision is {revision}.");
    }

    /// <summary>Writes the record.</summary>
    /// <param name="destination">Exactly <see cref="Bytes"/> long.</param>
    /// <param name="revision">The revision.</param>
    public static void Write(Span<byte> destination, long revision)
    {
        destination.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(destination, KeyspaceLayout.Format);
        BinaryPrimitives.WriteInt64LittleEndian(destination[RevisionOffset..], revision);
    }
}
