using System.Buffers;

namespace HarmonyDB.Storage.Tree;

/// <summary>A durable state's free list on disk: a chain of pages, each with 16-byte extents. Counts are 64-bit all through (B13).</summary>
internal static unsafe class FreelistChain
{
    private const int EntryCountOffset = 32;
    private const int EntriesOffset = 40;
    private const int EntryBytes = 16;
    private const ulong HeldFlag = 1UL << 63;

    private static int EntriesPerPage(int pageSizeBytes) => (pageSizeBytes - EntriesOffset) / EntryBytes;

    /// <summary>Pages that hold so many extents, and one more extent for each page of the chain itself: taking it may cut an extent in two.</summary>
    internal static int PageCount(int extentCount, int pageSizeBytes) =>
        extentCount == 0 ? 0 : (extentCount / (EntriesPerPage(pageSizeBytes) - 1)) + 1;

    internal static void Write(StoreFile file, ulong txId, IReadOnlyList<ulong> chain, IReadOnlyList<FreeExtent> extents)
    {
        int perPage = EntriesPerPage(file.PageSizeBytes);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(file.PageSizeBytes);
        fixed (byte* page = buffer)
        {
            for (int i = 0; i < chain.Count; i++)
            {
                new Span<byte>(page, file.PageSizeBytes).Clear();
                PageHeader.Write(page, PageType.Freelist, 0, chain[i], txId);
                *(ulong*)(page + PageHeader.TailOffset) = i + 1 < chain.Count ? chain[i + 1] : 0;
                int from = Math.Min(i * perPage, extents.Count);
                int count = Math.Min(perPage, extents.Count - from);
                *(int*)(page + EntryCountOffset) = count;
                ulong* entries = (ulong*)(page + EntriesOffset);
                for (int j = 0; j < count; j++)
                {
                    FreeExtent extent = extents[from + j];
                    entries[2 * j] = extent.First;
                    entries[(2 * j) + 1] = extent.Count | (extent.Held ? HeldFlag : 0);
                }

                PageHeader.Seal(page, file.PageSizeBytes);
                file.Write((long)chain[i] * file.PageSizeBytes, buffer.AsSpan(0, file.PageSizeBytes));
            }
        }

        ArrayPool<byte>.Shared.Return(buffer);
    }

    /// <summary>Reads a chain, believing nothing: page type, checksum, transaction, range and overlap of every extent (B2, B29).</summary>
    /// <exception cref="StoreDamagedException">Something does not hold.</exception>
    internal static (List<ulong> Chain, List<FreeExtent> Extents) Read(StoreFile file, MetaPage meta)
    {
        var chain = new List<ulong>();
        var extents = new List<FreeExtent>();
        var seen = new PageBitmap();
        for (ulong id = meta.Freelist; id != 0; id = PageHeader.Tail(file.Mapping.Page(id)))
        {
            string? fault = FindFault(file, meta, id);
            fault ??= seen.Add(id) ? null : "a page of the free list is there twice";
            fault ??= ReadEntries(file.Mapping.Page(id), file.PageSizeBytes, meta.PageCount, extents, seen);
            if (fault is not null)
            {
                throw new StoreDamagedException(file.Path, new PageId(id), fault);
            }

            chain.Add(id);
        }

        return chain.Count == (long)meta.FreelistPageCount
            ? (chain, extents)
            : throw new StoreDamagedException(file.Path, new PageId(meta.Freelist), "the free list does not have as many pages as the meta page says");
    }

    private static string? FindFault(StoreFile file, MetaPage meta, ulong id)
    {
        if (id < PageHeader.FirstPageId || id >= meta.PageCount)
        {
            return "the free list points outside the file";
        }

        byte* page = file.Mapping.Page(id);
        if (PageHeader.ComputeChecksum(page, file.PageSizeBytes) != PageHeader.Checksum(page))
        {
            return "its checksum does not match";
        }

        return PageHeader.Kind(page) == (ushort)PageType.Freelist && PageHeader.Id(page) == id && PageHeader.Transaction(page) == meta.TxId
            ? null
            : "it is not the free list page that the meta page points to";
    }

    private static string? ReadEntries(byte* page, int pageSizeBytes, ulong pageCount, List<FreeExtent> extents, PageBitmap seen)
    {
        int count = *(int*)(page + EntryCountOffset);
        if (count < 0 || count > EntriesPerPage(pageSizeBytes))
        {
            return "the free list page counts more entries than fit";
        }

        ulong* entries = (ulong*)(page + EntriesOffset);
        for (int i = 0; i < count; i++)
        {
            ulong first = entries[2 * i];
            ulong length = entries[(2 * i) + 1] & ~HeldFlag;
            if (first < PageHeader.FirstPageId || first >= pageCount || length == 0 || length > pageCount - first)
            {
                return "a free extent reaches outside the file";
            }

            for (ulong id = first; id < first + length; id++)
            {
                if (!seen.Add(id))
                {
                    return $"page {id} is free twice";
                }
            }

            extents.Add(new FreeExtent(first, length, (entries[(2 * i) + 1] & HeldFlag) != 0));
        }

        return null;
    }
}
