using System.Runtime.InteropServices;
using HarmonyDB.Storage.Files;

namespace HarmonyDB.Storage.Tree;

/// <summary>
/// A mapping of the store file, through which readers see pages and the writer makes them: a page that is changed here is private to this
/// process until it is written to the file. With three bits for each page.
/// </summary>
/// <remarks>
/// Outgrowing it makes a new mapping; the old one stays until no reader uses it (B18). Bits that readers set in an old mapping while it is
/// copied may be lost; the pages are then verified once more.
/// </remarks>
internal sealed unsafe class Mapping : IDisposable
{
    private readonly IDiskMapping _mapping;
    private readonly int _pageSizeBytes;

    /// <summary>Pages that were verified, or made by this process, since the store was opened.</summary>
    private ulong* _verified;

    /// <summary>Pages made by this process that are nowhere but here. Their checksums mean nothing yet.</summary>
    private readonly ulong* _unwritten;

    /// <summary>Pages of which this process has a copy of its own. Only the writer looks at this.</summary>
    private readonly ulong* _private;

    internal Mapping(IDiskMapping mapping, int pageSizeBytes, Mapping? previous)
    {
        _mapping = mapping;
        _pageSizeBytes = pageSizeBytes;
        Pointer = mapping.Pointer;
        PageCount = (ulong)(mapping.LengthBytes / pageSizeBytes);
        _verified = AllocateBits();
        _unwritten = AllocateBits();
        _private = AllocateBits();
        if (previous is not null)
        {
            ulong keptBytes = Math.Min(WordCount(PageCount), WordCount(previous.PageCount)) * sizeof(ulong);
            Buffer.MemoryCopy(previous._verified, _verified, keptBytes, keptBytes);
        }
    }

    internal byte* Pointer { get; }

    /// <summary>Number of pages that have an address. Those behind the end of the file must not be touched.</summary>
    internal ulong PageCount { get; }

    /// <summary>Number of pages that take memory of this process.</summary>
    internal long PrivateCount { get; private set; }

    internal byte* Page(ulong pageId) => Pointer + (pageId * (ulong)_pageSizeBytes);

    internal bool IsVerified(ulong pageId) => (Volatile.Read(ref _verified[pageId >> 6]) & Bit(pageId)) != 0;

    internal void SetVerified(ulong pageId) => Interlocked.Or(ref _verified[pageId >> 6], Bit(pageId));

    internal void ClearVerified(ulong pageId) => Interlocked.And(ref _verified[pageId >> 6], ~Bit(pageId));

    internal bool IsUnwritten(ulong pageId) => (Volatile.Read(ref _unwritten[pageId >> 6]) & Bit(pageId)) != 0;

    /// <summary>Before the writer makes a page here, in a place that no reader and no durable state needs.</summary>
    /// <returns>Where the page is.</returns>
    internal byte* BeginChange(ulong pageId)
    {
        ulong word = pageId >> 6;
        ulong bit = Bit(pageId);
        if ((_private[word] & bit) == 0)
        {
            _private[word] |= bit;
            PrivateCount++;
            _mapping.BeginChange((long)pageId * _pageSizeBytes, _pageSizeBytes);
        }

        if ((Volatile.Read(ref _verified[word]) & bit) == 0)
        {
            Interlocked.Or(ref _verified[word], bit);
        }

        if ((Volatile.Read(ref _unwritten[word]) & bit) == 0)
        {
            Interlocked.Or(ref _unwritten[word], bit);
        }

        return Page(pageId);
    }

    /// <summary>Gives a page its checksum, so that it can be written. Readers do not look at that field of a page they need not verify.</summary>
    internal void Seal(ulong pageId) => PageHeader.Seal(Page(pageId), _pageSizeBytes);

    /// <summary>Notes that a page is in the file as it is here.</summary>
    internal void SetWritten(ulong pageId) => Interlocked.And(ref _unwritten[pageId >> 6], ~Bit(pageId));

    /// <summary>Copies pages that are nowhere but in the mapping before this one.</summary>
    internal void TakeOver(Mapping previous, ReadOnlySpan<ulong> pageIds)
    {
        foreach (ulong pageId in pageIds)
        {
            Buffer.MemoryCopy(previous.Page(pageId), BeginChange(pageId), _pageSizeBytes, _pageSizeBytes);
        }
    }

    /// <summary>Before pages are written to the file past this mapping: whatever copies it has of them are given up.</summary>
    internal void Discard(ulong first, int count)
    {
        bool isPrivate = false;
        for (ulong i = first; i < first + (ulong)count; i++)
        {
            isPrivate |= ClearPrivate(i);
        }

        if (isPrivate)
        {
            _mapping.Discard((long)first * _pageSizeBytes, (long)count * _pageSizeBytes);
        }
    }

    /// <summary>Gives up the copies of all pages but some, which show what the file says from then on.</summary>
    /// <param name="kept">The pages that are nowhere but here.</param>
    internal void DiscardExcept(PageBitmap kept)
    {
        for (ulong word = 0; word < WordCount(PageCount); word++)
        {
            ulong rest = _private[word] & ~kept.Word((int)word);
            while (rest != 0)
            {
                int first = System.Numerics.BitOperations.TrailingZeroCount(rest);
                int count = System.Numerics.BitOperations.TrailingZeroCount(~(rest >> first));
                Discard((word << 6) + (ulong)first, count);
                rest = first + count >= 64 ? 0 : rest & (ulong.MaxValue << (first + count));
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_verified != null)
        {
            _mapping.Dispose();
            NativeMemory.Free(_verified);
            NativeMemory.Free(_unwritten);
            NativeMemory.Free(_private);
            _verified = null;
        }
    }

    private static ulong Bit(ulong pageId) => 1UL << (int)(pageId & 63);

    private static ulong WordCount(ulong pageCount) => (pageCount / 64) + 1;

    private ulong* AllocateBits() => (ulong*)NativeMemory.AllocZeroed((nuint)WordCount(PageCount), sizeof(ulong));

    private bool ClearPrivate(ulong pageId)
    {
        ulong word = pageId >> 6;
        if ((_private[word] & Bit(pageId)) == 0)
        {
            return false;
        }

        _private[word] &= ~Bit(pageId);
        PrivateCount--;
        SetWritten(pageId);
        return true;
    }
}
