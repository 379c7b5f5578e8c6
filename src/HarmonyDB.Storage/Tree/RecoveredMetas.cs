using System.Buffers;
using System.Buffers.Binary;
using HarmonyDB.Storage.Files;

namespace HarmonyDB.Storage.Tree;

/// <summary>What opening found in the two meta pages.</summary>
/// <param name="Newest">The newest durable state.</param>
/// <param name="NewestSlot">The meta page that says so, 0 or 1.</param>
/// <param name="Older">The state of the other one, null if that is of no use.</param>
/// <param name="DiscardedTxId">A commit that is not whole, because power was lost before it returned; 0 if there is none.</param>
internal sealed record RecoveredMetas(MetaPage Newest, int NewestSlot, MetaPage? Older, ulong DiscardedTxId)
{
    /// <summary>Decides which meta page to believe.</summary>
    /// <exception cref="StoreDamagedException">Neither is valid, or what the valid one describes is not there.</exception>
    /// <exception cref="NotSupportedException">The file has a format version that this code does not know.</exception>
    internal static RecoveredMetas Read(IDiskFile file)
    {
        MetaPage?[] metas = ReadBoth(file);
        int slot = IsNewer(metas[1], metas[0]) ? 1 : 0;
        MetaPage newest = metas[slot] ?? throw new StoreDamagedException(file.Path, new PageId(0), "neither meta page is valid");
        MetaPage? older = metas[1 - slot];
        ulong discarded = 0;
        if (newest.Listed.Count > 0 && !IsWhole(file, newest))
        {
            // This commit was under way when the power went: its meta page arrived, not all of its pages. The one before it had returned by
            // then, so whatever is missing of that is damage.
            discarded = newest.TxId;
            newest = older ?? throw new StoreDamagedException(file.Path, new PageId((ulong)slot), "the commit it records is not whole and the other meta page is not valid");
            older = null;
            slot = 1 - slot;
        }

        if (!IsLongEnough(file, newest))
        {
            throw new StoreDamagedException(file.Path, new PageId(newest.PageCount - 1), "the file ends before it (B24)");
        }

        return new RecoveredMetas(newest, slot, older, discarded);
    }

    /// <summary>Of two records of the same state, the one that says that its pages were flushed is the better.</summary>
    private static bool IsNewer(MetaPage? meta, MetaPage? than) => meta is not null
        && (than is null || meta.TxId > than.TxId || (meta.TxId == than.TxId && meta.Listed.Count == 0));

    private static bool IsLongEnough(IDiskFile file, MetaPage meta) => file.LengthBytes / meta.PageSizeBytes >= (long)meta.PageCount;

    private static bool IsWhole(IDiskFile file, MetaPage meta)
    {
        if (!IsLongEnough(file, meta))
        {
            return false;
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent(meta.PageSizeBytes);
        try
        {
            Span<byte> page = buffer.AsSpan(0, meta.PageSizeBytes);
            foreach (WrittenPage listed in meta.Listed)
            {
                bool isThere = listed.Page >= PageHeader.FirstPageId && listed.Page < meta.PageCount
                    && file.Read((long)listed.Page * meta.PageSizeBytes, page) == page.Length
                    && BinaryPrimitives.ReadUInt32LittleEndian(page) == listed.Checksum
                    && Crc32C.Compute(page[PageHeader.TypeOffset..]) == listed.Checksum
                    && BinaryPrimitives.ReadUInt64LittleEndian(page[PageHeader.PageIdOffset..]) == listed.Page
                    && BinaryPrimitives.ReadUInt64LittleEndian(page[PageHeader.TxIdOffset..]) == meta.TxId;
                if (!isThere)
                {
                    return false;
                }
            }

            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Reads both meta pages. The second lies one page into the file, so with a torn first one every page size is tried.</summary>
    internal static MetaPage?[] ReadBoth(IDiskFile file)
    {
        MetaPage? first = ReadOne(file, 0, 0);
        MetaPage? second = null;
        for (int size = StoreLimits.PageBytesMinimum; size <= StoreLimits.PageBytesMaximum && second is null; size *= 2)
        {
            if (first is null || first.PageSizeBytes == size)
            {
                second = ReadOne(file, 1, size);
                second = second?.PageSizeBytes == size ? second : null;
            }
        }

        bool differs = first is not null && second is not null
            && (first.StoreId != second.StoreId || (first.TxId == second.TxId && (first.Root != second.Root || first.MapRoot != second.MapRoot)));
        return differs ? throw new StoreDamagedException(file.Path, new PageId(1), "the two meta pages are not of the same store") : [first, second];
    }

    private static MetaPage? ReadOne(IDiskFile file, int slot, long offset)
    {
        Span<byte> page = stackalloc byte[MetaPage.SizeBytes];
        if (file.Read(offset, page) < page.Length || !MetaPage.TryRead(page, slot, out MetaPage? meta))
        {
            return null;
        }

        bool isSound = meta!.PageSizeBytes is >= StoreLimits.PageBytesMinimum and <= StoreLimits.PageBytesMaximum
            && int.PopCount(meta.PageSizeBytes) == 1
            && meta.PageCount is >= PageHeader.FirstPageId and < long.MaxValue / StoreLimits.PageBytesMaximum;
        return isSound ? meta : null;
    }
}
