using System.Diagnostics;

namespace HarmonyDB.Storage.Tree;

/// <summary>
/// Which pages may be written. A page is in the tree, free, or pending: unlinked, but still needed by a reader or a durable meta.
/// </summary>
/// <remarks>
/// A page written by transaction <c>b</c> and unlinked by transaction <c>t</c> is needed by the state <c>s</c> exactly if <c>b &lt;= s &lt; t</c>.
/// States to respect (pins) are those of open readers, of both durable metas and of a checkpoint under way. A page that was born after the
/// newest durable meta and is read by nobody is reusable at once: that keeps the file bounded between checkpoints.
/// Not safe for several threads: callers hold <see cref="Store.StateLock"/>. Memory: two bits for each page of the file, and what is pending.
/// </remarks>
internal sealed class Freelist
{
    /// <summary>A file must have this many pages before a part of it is set apart for the pages that every commit replaces.</summary>
    private const ulong WindowFromPageCount = 1024;

    private const int AllocatedCapacityKept = 1 << 16;

    private readonly PendingPages _pending;
    private readonly PageBitmap _free = new();

    /// <summary>Pages that the trees of the newest committed state use.</summary>
    private readonly PageBitmap _used = new();

    /// <summary>Pages allocated by the open write transaction: free in every committed state.</summary>
    private readonly PageBitmap _uncommitted = new();

    /// <summary>The same as a list: with some that were given back meanwhile, and some twice.</summary>
    private readonly List<ulong> _allocated = [];

    private readonly UnwrittenPages _unwritten = new();
    private readonly HashSet<int> _changedChunks = [];
    private int _lastChangedChunk = -1;
    private CommitWindow? _window;
    private readonly int _pagesPerChunk;

    internal Freelist(ulong pageCount, int pageSizeBytes)
    {
        PageCount = pageCount;
        _pending = new PendingPages(Release);
        _pagesPerChunk = SpaceMap.PagesPerChunk(pageSizeBytes);
    }

    /// <summary>Pages in use or free, meta pages included; the file may be longer.</summary>
    internal ulong PageCount { get; private set; }

    internal long FreeCount => _free.Count + (_window?.FreeCount ?? 0);

    /// <summary>Whether to keep the pages together that every commit replaces; not while the file is made shorter.</summary>
    internal bool UsesWindow
    {
        get;
        set
        {
            field = value;
            if (!value)
            {
                DissolveWindow();
            }
        }
    } = true;

    internal long UsedCount => _used.Count;

    /// <summary>Pages that are in memory only.</summary>
    internal UnwrittenPages Unwritten => _unwritten;

    internal long PendingCount => _pending.Count;

    /// <summary>The lowest free page, or a number above all pages.</summary>
    internal ulong LowestFree => _free.TryGetLowest(out ulong page) ? page : ulong.MaxValue;

    /// <summary>The highest page of the newest committed state.</summary>
    internal ulong HighestUsed => _used.TryGetHighest(out ulong page) ? page : PageHeader.FirstPageId - 1;

    /// <summary>Allocates consecutive pages for the open write transaction.</summary>
    internal ulong Allocate(int count)
    {
        ulong first = Take(count);
        NoteUncommitted(first, count);
        return first;
    }

    /// <summary>Allocates consecutive pages for the open write transaction, but only below a page.</summary>
    internal bool TryAllocateBelow(ulong limit, int count, out ulong first)
    {
        if (!_free.TryGetLowest(out first) || first >= limit || !(count == 1 ? _free.TryTakeLowest(out first) : _free.TryTakeRun(count, out first)))
        {
            return false;
        }

        if (first < limit)
        {
            NoteUncommitted(first, count);
            return true;
        }

        for (ulong i = first; i < first + (ulong)count; i++)
        {
            _free.Add(i);
        }

        return false;
    }

    /// <summary>Allocates a page for the open write transaction if there is one that is free: never extends the file.</summary>
    internal bool TryAllocateFree(out ulong page)
    {
        if (!_free.TryTakeLowest(out page))
        {
            return false;
        }

        NoteUncommitted(page, 1);
        return true;
    }

    /// <summary>
    /// Allocates places for some pages of the open write transaction, side by side where it can: what is flushed together then goes to the device in fewer
    /// pieces.
    /// </summary>
    /// <param name="places">Receives the places.</param>
    internal void AllocateNeighbours(Span<ulong> places)
    {
        for (int count = 0; count < places.Length;)
        {
            int taken = _free.TakeNeighbours(places.Length - count, out ulong first);
            if (taken == 0)
            {
                taken = 1;
                first = Take(1);
            }

            NoteUncommitted(first, taken);
            for (int i = 0; i < taken; i++)
            {
                places[count++] = first + (ulong)i;
            }
        }
    }

    /// <summary>Allocates a page for a root, which the next commits will replace too.</summary>
    internal ulong AllocateRoot()
    {
        ulong page = TakeFrequent();
        NoteUncommitted(page, 1);
        return page;
    }

    /// <summary>Allocates a page for a space map; it belongs to no transaction.</summary>
    internal ulong AllocateForMap() => TakeFrequent();

    /// <summary>Gives back pages that were never part of a committed state, or that nobody needs any more.</summary>
    internal void Release(ulong first, int count)
    {
        for (ulong i = first; i < first + (ulong)count; i++)
        {
            _uncommitted.Remove(i);
            _unwritten.Remove(i);
            bool added = _window is not null && _window.Contains(i) ? _window.Return(i) : _free.Add(i);
            Debug.Assert(added, "A page was freed twice.");
        }
    }

    /// <summary>Takes back every allocation of the open write transaction, down to the page count it began with where the tail is free (B4).</summary>
    internal void Abort(ulong pageCountBefore)
    {
        foreach (ulong page in _allocated)
        {
            if (_uncommitted.Contains(page))
            {
                Release(page, 1);
            }
        }

        Commit();
        TrimTail(pageCountBefore);
    }

    /// <summary>Gives up free pages at the end of the file. No durable state, and no reader, needs them; the metas may still count them.</summary>
    /// <param name="pageCountMinimum">How many pages there are to be at least.</param>
    internal void TrimTail(ulong pageCountMinimum)
    {
        while (PageCount > pageCountMinimum)
        {
            if (_window is not null && _window.Contains(PageCount - 1) && _window.FreeCount == CommitWindow.PageCount)
            {
                DissolveWindow();
            }

            if (!_free.Remove(PageCount - 1))
            {
                return;
            }

            PageCount--;
        }
    }

    /// <summary>What the open write transaction allocated becomes part of the newest state, and what it unlinked leaves it.</summary>
    /// <param name="txId">The transaction.</param>
    /// <param name="nodes">The nodes it made, which are in memory only; some of them may not be allocated any more.</param>
    /// <param name="retired">What it unlinked.</param>
    internal void Apply(ulong txId, IReadOnlyList<ulong> nodes, IReadOnlyList<RetiredPages> retired)
    {
        foreach (ulong page in _allocated)
        {
            if (_uncommitted.Contains(page))
            {
                _used.Add(page);
                NoteChange(page);
            }
        }

        for (int i = 0; i < nodes.Count; i++)
        {
            if (_uncommitted.Contains(nodes[i]))
            {
                _unwritten.Add(nodes[i]);
            }
        }

        foreach (RetiredPages pages in retired)
        {
            for (ulong i = pages.First; i < pages.First + (ulong)pages.Count; i++)
            {
                _used.Remove(i);
                NoteChange(i);
            }
        }

        Retire(txId, retired);
    }

    /// <summary>Ends the write transaction after <see cref="Apply"/>.</summary>
    internal void Commit()
    {
        foreach (ulong page in _allocated)
        {
            _uncommitted.Remove(page);
        }

        _allocated.Clear();
        if (_allocated.Capacity > AllocatedCapacityKept)
        {
            _allocated.Capacity = 0;
        }
    }

    /// <summary>Takes back <see cref="Apply"/> for a commit that did not happen.</summary>
    internal void Undo(ulong txId, IReadOnlyList<RetiredPages> retired)
    {
        foreach (ulong page in _allocated)
        {
            _used.Remove(page);
        }

        foreach (RetiredPages pages in retired)
        {
            for (ulong i = pages.First; i < pages.First + (ulong)pages.Count; i++)
            {
                _used.Add(i);
            }
        }

        _pending.TakeBack(txId);
    }

    /// <summary>The pages of the newest committed state that are in memory only.</summary>
    internal ulong[] ListUnwritten()
    {
        ReadOnlySpan<ulong> unwritten = _unwritten.List();
        ulong[] pages = new ulong[unwritten.Length];
        int count = 0;
        foreach (ulong page in unwritten)
        {
            // The others were unlinked since; only readers need them, and those have them.
            if (_used.Contains(page))
            {
                pages[count++] = page;
            }
        }

        return count == pages.Length ? pages : pages[..count];
    }

    /// <summary>Notes that pages are in the file now.</summary>
    internal void NoteWritten(ReadOnlySpan<ulong> pages)
    {
        foreach (ulong page in pages)
        {
            _unwritten.Remove(page);
        }
    }

    /// <inheritdoc cref="PendingPages.Retire"/>
    internal void Retire(ulong txId, IReadOnlyList<RetiredPages> pages) => _pending.Retire(txId, pages);

    /// <inheritdoc cref="PendingPages.Reclaim"/>
    internal void Reclaim(ReadOnlySpan<ulong> pins) => _pending.Reclaim(pins);

    /// <inheritdoc cref="PendingPages.PinnedCount"/>
    internal long PinnedCount(ulong txId) => _pending.PinnedCount(txId);

    /// <summary>The space map of the newest committed state, when that is about to become durable.</summary>
    /// <param name="txId">The state.</param>
    /// <param name="durable">The map of the newest durable state.</param>
    internal SpaceMapChange CreateMap(ulong txId, SpaceMap durable)
    {
        // An extra page for each page of the map may extend the file by a chunk, so count once more what it has become.
        ulong covered = PageCount;
        while (true)
        {
            var taken = new List<ulong>();
            SpaceMapChange change = durable.With(txId, _used, _changedChunks, covered, () =>
            {
                taken.Add(AllocateForMap());
                return taken[^1];
            });
            if (ChunkCount(PageCount) == ChunkCount(covered))
            {
                _changedChunks.Clear();
                _lastChangedChunk = -1;
                return change;
            }

            covered = PageCount;
            taken.ForEach(page => Release(page, 1));
        }
    }

    /// <summary>Takes back <see cref="CreateMap"/>.</summary>
    internal void UndoMap(SpaceMapChange change, SpaceMap durable)
    {
        foreach (WrittenPage page in change.Written)
        {
            Release(page.Page, 1);
        }

        // Which chunks had changed is forgotten; that all have is true enough for the next attempt.
        for (int chunk = 0; chunk < ChunkCount(PageCount); chunk++)
        {
            _changedChunks.Add(chunk);
        }

        Debug.Assert(change.Map != durable, "A map was taken back that is durable.");
    }

    /// <summary>Takes over what the durable states use; what neither does is free.</summary>
    internal void Load(PageBitmap used, SpaceMap map, ulong txId, PageBitmap olderUsed, SpaceMap? olderMap, ulong olderTxId)
    {
        var mapPages = new PageBitmap();
        var older = olderUsed.Clone();
        foreach (ulong page in map.Pages)
        {
            mapPages.Add(page);
        }

        foreach (ulong page in olderMap?.Pages ?? [])
        {
            older.Add(page);
        }

        var held = new List<RetiredPages>();
        int words = checked((int)((PageCount + 63) / 64));
        for (int i = 0; i < words; i++)
        {
            ulong all = i == 0 ? ~3UL : ~0UL;
            all &= i == words - 1 && PageCount % 64 != 0 ? (1UL << (int)(PageCount % 64)) - 1 : ~0UL;
            ulong taken = used.Word(i) | mapPages.Word(i);
            _used.AddWord(i, used.Word(i));
            _free.AddWord(i, all & ~taken & ~older.Word(i));
            for (ulong rest = all & older.Word(i) & ~taken; rest != 0; rest &= rest - 1)
            {
                held.Add(new RetiredPages(((ulong)i << 6) + (ulong)System.Numerics.BitOperations.TrailingZeroCount(rest), 1, olderTxId));
            }
        }

        Retire(txId, held);
    }

    /// <summary>Copies of the free pages (an open transaction's included) and the pending pages, for the checker.</summary>
    internal (PageBitmap Free, List<RetiredPages> Pending) Copy()
    {
        PageBitmap free = _free.Clone();
        foreach (ulong page in _uncommitted)
        {
            free.Add(page);
        }

        foreach (ulong page in _window?.Free ?? [])
        {
            free.Add(page);
        }

        return (free, _pending.List());
    }

    private int ChunkCount(ulong pageCount) => (int)((pageCount + (ulong)_pagesPerChunk - 1) / (ulong)_pagesPerChunk);

    private void NoteChange(ulong page)
    {
        int chunk = (int)(page / (ulong)_pagesPerChunk);
        if (chunk != _lastChangedChunk)
        {
            _changedChunks.Add(chunk);
            _lastChangedChunk = chunk;
        }
    }

    private void NoteUncommitted(ulong first, int count)
    {
        for (ulong i = first; i < first + (ulong)count; i++)
        {
            _uncommitted.Add(i);
            _allocated.Add(i);
        }
    }

    private ulong TakeFrequent()
    {
        if (_window is not null && _window.IsWornOut)
        {
            DissolveWindow();
        }

        if (_window is null && UsesWindow && PageCount >= WindowFromPageCount)
        {
            _window = new CommitWindow(TakeWindow());
        }

        return _window is not null && _window.TryTake(out ulong page) ? page : Take(1);
    }

    private ulong TakeWindow()
    {
        int taken = _free.TakeNeighbours(CommitWindow.PageCount, out ulong first);
        if (taken == CommitWindow.PageCount)
        {
            return first;
        }

        for (ulong i = first; i < first + (ulong)taken; i++)
        {
            _free.Add(i);
        }

        first = PageCount;
        PageCount += CommitWindow.PageCount;
        return first;
    }

    private void DissolveWindow()
    {
        foreach (ulong page in _window?.Free ?? [])
        {
            _free.Add(page);
        }

        _window = null;
    }

    private ulong Take(int count)
    {
        if (count == 1 ? _free.TryTakeLowest(out ulong first) : _free.TryTakeRun(count, out first))
        {
            return first;
        }

        // Nothing fits: extend the file, from the free pages at its tail on.
        first = PageCount;
        while (_free.Remove(first - 1))
        {
            first--;
        }

        PageCount = first + (ulong)count;
        return first;
    }
}
