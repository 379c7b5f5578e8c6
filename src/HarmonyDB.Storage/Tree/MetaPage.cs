using System.Buffers.Binary;

namespace HarmonyDB.Storage.Tree;

/// <summary>What one of the two meta pages says: where a durable state of the store begins. All of it lies in the page's first 128 bytes.</summary>
internal sealed record MetaPage
{
    internal const int SizeBytes = 128;
    internal const int ChecksumOffset = 124;
    internal const uint FormatVersion = 1;

    /// <summary>The trailing 0 says that the format is not released yet and may change.</summary>
    internal static ReadOnlySpan<byte> Magic => "HARMONY0"u8;

    internal required int PageSizeBytes { get; init; }

    internal required Guid StoreId { get; init; }

    internal required ulong TxId { get; init; }

    internal required ulong Mark { get; init; }

    internal required ulong Root { get; init; }

    internal required ulong TreeCount { get; init; }

    internal required ulong PageCount { get; init; }

    /// <summary>First page of the free list, 0 if nothing is free.</summary>
    internal required ulong Freelist { get; init; }

    internal required ulong FreelistPageCount { get; init; }

    internal void Write(Span<byte> page, int slot)
    {
        page[..SizeBytes].Clear();
        Magic.CopyTo(page);
        BinaryPrimitives.WriteUInt32LittleEndian(page[8..], FormatVersion);
        BinaryPrimitives.WriteInt32LittleEndian(page[12..], PageSizeBytes);
        StoreId.TryWriteBytes(page[16..], bigEndian: true, out _);
        BinaryPrimitives.WriteUInt64LittleEndian(page[32..], TxId);
        BinaryPrimitives.WriteUInt64LittleEndian(page[40..], Mark);
        BinaryPrimitives.WriteUInt64LittleEndian(page[48..], Root);
        BinaryPrimitives.WriteUInt64LittleEndian(page[56..], TreeCount);
        BinaryPrimitives.WriteUInt64LittleEndian(page[64..], PageCount);
        BinaryPrimitives.WriteUInt64LittleEndian(page[72..], Freelist);
        BinaryPrimitives.WriteUInt64LittleEndian(page[80..], FreelistPageCount);
        BinaryPrimitives.WriteInt32LittleEndian(page[120..], slot);
        BinaryPrimitives.WriteUInt32LittleEndian(page[ChecksumOffset..], Crc32C.Compute(page[..ChecksumOffset]));
    }

    /// <summary>Reads a meta page; false if it is torn, damaged, or of another slot (W14, W19).</summary>
    /// <exception cref="NotSupportedException">The page is whole, but of a format version that this code does not know.</exception>
    internal static bool TryRead(ReadOnlySpan<byte> page, int slot, out MetaPage? meta)
    {
        meta = null;
        if (!page[..8].SequenceEqual(Magic)
            || BinaryPrimitives.ReadUInt32LittleEndian(page[ChecksumOffset..]) != Crc32C.Compute(page[..ChecksumOffset])
            || BinaryPrimitives.ReadInt32LittleEndian(page[120..]) != slot)
        {
            return false;
        }

        uint version = BinaryPrimitives.ReadUInt32LittleEndian(page[8..]);
        if (version != FormatVersion)
        {
            throw new NotSupportedException($"The store has format version {version}; this program reads version {FormatVersion}.");
        }

        meta = new MetaPage
        {
            PageSizeBytes = BinaryPrimitives.ReadInt32LittleEndian(page[12..]),
            StoreId = new Guid(page.Slice(16, 16), bigEndian: true),
            TxId = BinaryPrimitives.ReadUInt64LittleEndian(page[32..]),
            Mark = BinaryPrimitives.ReadUInt64LittleEndian(page[40..]),
            Root = BinaryPrimitives.ReadUInt64LittleEndian(page[48..]),
            TreeCount = BinaryPrimitives.ReadUInt64LittleEndian(page[56..]),
            PageCount = BinaryPrimitives.ReadUInt64LittleEndian(page[64..]),
            Freelist = BinaryPrimitives.ReadUInt64LittleEndian(page[72..]),
            FreelistPageCount = BinaryPrimitives.ReadUInt64LittleEndian(page[80..]),
        };
        return true;
    }
}
