using System.Buffers.Binary;

namespace HarmonyDB.Storage.Tree;

/// <summary>
/// What one of the two meta pages says: where a durable state of the store begins. 128 bytes, and the pages that the commit wrote if it was
/// flushed together with them: then the meta page is believed only if each of these pages is there as listed.
/// </summary>
internal sealed record MetaPage
{
    internal const int HeaderBytes = 128;
    internal const int ChecksumOffset = 124;
    internal const int ListedBytes = 12;
    internal const uint FormatVersion = 2;

    /// <summary>Most pages that a meta page lists. A commit that wrote more flushes its pages before it writes the meta page.</summary>
    internal const int ListedMaximum = 128;

    /// <summary>The longest meta page; it fits into the smallest page.</summary>
    internal const int SizeBytes = HeaderBytes + (ListedMaximum * ListedBytes);

    private const int ListedCountOffset = 88;

    /// <summary>The trailing 0 says that the format is not released yet and may change.</summary>
    internal static ReadOnlySpan<byte> Magic => "HARMONY0"u8;

    internal required int PageSizeBytes { get; init; }

    internal required Guid StoreId { get; init; }

    internal required ulong TxId { get; init; }

    internal required ulong Mark { get; init; }

    internal required ulong Root { get; init; }

    internal required ulong TreeCount { get; init; }

    internal required ulong PageCount { get; init; }

    /// <summary>Root of the map of used pages, 0 if none is in use.</summary>
    internal required ulong MapRoot { get; init; }

    /// <summary>The transaction that wrote that root.</summary>
    internal required ulong MapTxId { get; init; }

    /// <summary>The pages that were flushed together with this meta page; empty if they were flushed before it.</summary>
    internal IReadOnlyList<WrittenPage> Listed { get; init; } = [];

    /// <returns>Number of bytes that make up the page; the rest of it means nothing.</returns>
    internal int Write(Span<byte> page, int slot)
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
        BinaryPrimitives.WriteUInt64LittleEndian(page[72..], MapRoot);
        BinaryPrimitives.WriteUInt64LittleEndian(page[80..], MapTxId);
        BinaryPrimitives.WriteInt32LittleEndian(page[ListedCountOffset..], Listed.Count);
        for (int i = 0; i < Listed.Count; i++)
        {
            Span<byte> entry = page[(HeaderBytes + (i * ListedBytes))..];
            BinaryPrimitives.WriteUInt64LittleEndian(entry, Listed[i].Page);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[sizeof(ulong)..], Listed[i].Checksum);
        }

        BinaryPrimitives.WriteInt32LittleEndian(page[120..], slot);
        BinaryPrimitives.WriteUInt32LittleEndian(page[ChecksumOffset..], ComputeChecksum(page, Listed.Count));
        return HeaderBytes + (Listed.Count * ListedBytes);
    }

    /// <summary>Reads a meta page; false if it is torn, damaged, or of another slot (W14, W19).</summary>
    /// <exception cref="NotSupportedException">The page is whole, but of a format version that this code does not know.</exception>
    internal static bool TryRead(ReadOnlySpan<byte> page, int slot, out MetaPage? meta)
    {
        meta = null;
        int listed = BinaryPrimitives.ReadInt32LittleEndian(page[ListedCountOffset..]);
        if (!page[..8].SequenceEqual(Magic) || listed < 0 || listed > ListedMaximum
            || BinaryPrimitives.ReadUInt32LittleEndian(page[ChecksumOffset..]) != ComputeChecksum(page, listed)
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
            MapRoot = BinaryPrimitives.ReadUInt64LittleEndian(page[72..]),
            MapTxId = BinaryPrimitives.ReadUInt64LittleEndian(page[80..]),
            Listed = ReadListed(page, listed),
        };
        return true;
    }

    private static WrittenPage[] ReadListed(ReadOnlySpan<byte> page, int count)
    {
        var listed = new WrittenPage[count];
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> entry = page[(HeaderBytes + (i * ListedBytes))..];
            listed[i] = new WrittenPage(BinaryPrimitives.ReadUInt64LittleEndian(entry), BinaryPrimitives.ReadUInt32LittleEndian(entry[sizeof(ulong)..]));
        }

        return listed;
    }

    private static uint ComputeChecksum(ReadOnlySpan<byte> page, int listed) =>
        Crc32C.Compute(page.Slice(HeaderBytes, listed * ListedBytes), Crc32C.Compute(page[..ChecksumOffset]));
}
