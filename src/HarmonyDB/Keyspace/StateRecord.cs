using System.Buffers.Binary;

namespace HarmonyDB.Keyspace;

/// <summary>
/// What the keyspace keeps about itself: bytes 0-3 the layout's format, 4-7 zero, 8-15 the revision, 16-23 the hash of the
/// content (<see cref="StateHash"/>), little-endian. It is written in the transaction that changes the data, and the applied index is that
/// transaction's mark, so that none can be ahead of another (FAULTS R51).
/// </summary>
internal static class StateRecord
{
    /// <summary>Length of the record.</summary>
    public const int Bytes = 24;

    private const int RevisionOffset = 8;
    private const int HashOffset = 16;

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

    /// <summary>Reads the hash of the content.</summary>
    /// <exception cref="KeyspaceCorruptException">It is not such a record, or is of another format.</exception>
    public static StateHash ReadHash(ReadOnlySpan<byte> stored)
    {
        ReadRevision(stored);
        return new StateHash(BinaryPrimitives.ReadUInt64LittleEndian(stored[HashOffset..]));
    }

    /// <summary>Writes the record.</summary>
    /// <param name="destination">Exactly <see cref="Bytes"/> long.</param>
    /// <param name="revision">The revision.</param>
    /// <param name="hash">The hash of the content.</param>
    public static void Write(Span<byte> destination, long revision, StateHash hash)
    {
        destination.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(destination, KeyspaceLayout.Format);
        BinaryPrimitives.WriteInt64LittleEndian(destination[RevisionOffset..], revision);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[HashOffset..], hash.Value);
    }
}
