using System.Buffers.Binary;

namespace HarmonyDB.Storage.Tree;

/// <summary>The bytes of a backup around its pages; see docs/format.md.</summary>
internal static class BackupFormat
{
    internal const int HeaderBytes = 64;
    internal const int TrailerBytes = 64;
    internal const uint FormatVersion = 1;

    /// <summary>Stands in the trailer where a page has its type.</summary>
    internal const byte TrailerType = 5;

    internal static ReadOnlySpan<byte> Magic => "HARMBAK0"u8;

    internal static void WriteHeader(Span<byte> header, Guid storeId, int pageSizeBytes, ulong txId, ulong mark)
    {
        header.Clear();
        Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], FormatVersion);
        BinaryPrimitives.WriteInt32LittleEndian(header[12..], pageSizeBytes);
        storeId.TryWriteBytes(header[16..], bigEndian: true, out _);
        BinaryPrimitives.WriteUInt64LittleEndian(header[32..], txId);
        BinaryPrimitives.WriteUInt64LittleEndian(header[40..], mark);
        BinaryPrimitives.WriteUInt32LittleEndian(header[60..], Crc32C.Compute(header[..60]));
    }

    /// <param name="trailer">Receives the trailer.</param>
    /// <param name="pageCount">First page number that the backup does not use.</param>
    /// <param name="root">Root of the tree of trees.</param>
    /// <param name="treeCount">Number of trees.</param>
    /// <param name="checksum">Checksum of everything before.</param>
    internal static void WriteTrailer(Span<byte> trailer, ulong pageCount, ulong root, ulong treeCount, uint checksum)
    {
        trailer.Clear();
        trailer[PageHeader.TypeOffset] = TrailerType;
        BinaryPrimitives.WriteUInt64LittleEndian(trailer[8..], pageCount);
        BinaryPrimitives.WriteUInt64LittleEndian(trailer[16..], root);
        BinaryPrimitives.WriteUInt64LittleEndian(trailer[24..], treeCount);
        BinaryPrimitives.WriteUInt32LittleEndian(trailer[60..], Crc32C.Compute(trailer[..60], checksum));
    }
}
