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
    private const int UncommittedCapacityKept = 16384;

    private readonly List<PendingGroup> _pending = [];
    private readonly PageBitmap _free = new();

    /// <summary>Pages that the trees of the newest committed state use.</summary>
    private readonly PageBitmap _used = new();

    /// <summary>Pages allocated by the open write transaction: free in every committed state.</summary>
    private readonly HashSet<ulong> _uncommitted = [];

    private readonly HashSet<int> _changedChunks = [];
    private readonly int _pagesPerChunk;

    internal Freelist(ulong pageCount, int pageSizeBytes)
    {
        PageCount = pageCount;
        _pagesPerChunk = SpaceMap.PagesPerChunk(pageSizeBytes);
    }

    /// <summary>Pages in use or free, meta pages included; the file may be longer.</summary>
    internal ulong PageCount { get; private set; }

    internal long FreeCount => _free.Count;

    internal long UsedCount => _used.Count;

    internal long UncommittedCount => _uncommitted.Count;

    internal long PendingCount { get; private set; }

    /// <summary>The lowest free page, or a number above all pages.</summary>
    internal ulong LowestFree => _free.TryGetLowest(out ulong page) ? page : ulong.MaxValue;

    /// <summary>The highest page of the newest committed state.</summary>
    internal ulong HighestUsed => _used.TryGetHighest(out ulong page) ? page : PageHeader.FirstPageId - 1;

    /// <summary>Allocates consecutive pages for the open write transaction.</summary>
    internal ulong Allocate(int count)
    {
        ulong first = Take(count);
        for (ulong i = first; i < first + (ulong)count; i++)
        {
            _uncommitted.Add(i);
        }

        return first;
    }

    /// <summary>Allocates consecutive pages for the open write transaction, but only below a page.</summary>
    internal bool TryAllocateBelow(ulong limit, int count, out ulong first)
    {
        if (!_free.TryGetLowest(out first) || first >= limit || !(count == 1 ? _free.TryTakeLowest(out first) : _free.TryTakeRun(count, out first)))
        {
            return false;
        }

        for (ulong i = first; i < first + (ulong)count; i++)
        {
            if (first < limit)
            {
                _uncommitted.Add(i);
            }
            else
            {
                _free.Add(i);
            }
        }

        return first < limit;
    }

    /// <summary>Allocates a page for a space map; it belongs to no transaction.</summary>
    internal ulong AllocateForMap() => Take(1);

    /// <summary>Gives back pages that were never part of a committed state.</summary>
    internal void Release(ulong first, int count)
    {
        for (ulong i = first; i < first + (ulong)count; i++)
        {
            _uncommitted.Remove(i);
            bool added = _free.Add(i);
            Debug.Assert(added, "A page was freed twice.");
        }
    }

    /// <summary>Whether the open write transaction allocated this page.</summary>
    internal bool IsUncommitted(ulong page) => _uncommitted.Contains(page);

    /// <summary>Takes back every allocation of the open write transaction, down to the page count it began with where the tail is free (B4).</summary>
    internal void Abort(ulong pageCountBefore)
    {
        foreach (ulong page in _uncommitted)
        {
            _free.Add(page);
        }

        Commit();
        while (PageCount > pageCountBefore && _free.Remove(PageCount - 1))
        {
            PageCount--;
        }
    }

    /// <summary>Gives up free pages at the end of the file. No durable state, and no reader, needs them; the metas may still count them.</summary>
    internal void TrimTail()
    {
        while (_free.Remove(PageCount - 1))
        {
            PageCount--;
        }
    }

    /// <summary>What the open write transaction allocated becomes part of the newest state, and what it unlinked leaves it.</summary>
    internal void Apply(ulong txId, IReadOnlyList<RetiredPages> retired)
    {
        foreach (ulong page in _uncommitted)
        {
            _used.Add(page);
            NoteChange(page);
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
        bool isLarge = _uncommitted.Count > UncommittedCapacityKept;
        _uncommitted.Clear();
        if (isLarge)
        {
            // Clearing costs as much as the set ever held; one large transaction must not slow down all later ones.
            _uncommitted.TrimExcess();
        }
    }

    /// <summary>Takes back <see cref="Apply"/> for a commit that did not happen.</summary>
    internal void Undo(ulong txId, IReadOnlyList<RetiredPages> retired)
    {
        foreach (ulong page in _uncommitted)
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

        foreach (PendingGroup group in _pending.FindAll(group => group.UnlinkedBy == txId))
        {
            PendingCount -= group.PageCount;
            _pending.Remove(group);
        }
    }

    /// <summary>Records what a transaction unlinked.</summary>
    internal void Retire(ulong txId, IReadOnlyList<RetiredPages> pages)
    {
        if (pages.Count > 0)
        {
            var group = new PendingGroup(txId);
            group.Add(pages);
            PendingCount += group.PageCount;
            _pending.Add(group);
        }
    }

    /// <summary>Frees every pending page that no pinned state needs.</summary>
    /// <param name="pins">The pinned states, ascending.</param>
    internal void Reclaim(ReadOnlySpan<ulong> pins)
    {
        int kept = 0;
        for (int i = 0; i < _pending.Count; i++)
        {
            PendingGroup group = _pending[i];
            ulong barrier = NewestBelow(pins, group.UnlinkedBy);
            if (barrier != group.Barrier)
            {
                FreeBornAfter(group, barrier);
            }

            if (group.Pages.Count == 0)
            {
                continue;
            }

            // With no pin between them, and none to come (new ones are at least the current state), two groups are one.
            if (kept > 0 && _pending[kept - 1].Barrier == barrier)
            {
                _pending[kept - 1].Add(group.Pages);
            }
            else
            {
                _pending[kept++] = group;
            }
        }

        _pending.RemoveRange(kept, _pending.Count - kept);
    }

    /// <summary>Pending pages whose newest user is the given state, as of the last <see cref="Reclaim"/>.</summary>
    internal long PinnedCount(ulong txId) => _pending.Where(group => group.Barrier == txId).Sum(static group => group.PageCount);

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

        return (free, [.. _pending.SelectMany(static group => group.Pages)]);
    }

    private static ulong NewestBelow(ReadOnlySpan<ulong> pins, ulong txId)
    {
        // Several readers may pin the same state, so one hit of a binary search is not the first.
        for (int i = pins.Length - 1; i >= 0; i--)
        {
            if (pins[i] < txId)
            {
                return pins[i];
            }
        }

        return 0;
    }

    private int ChunkCount(ulong pageCount) => (int)((pageCount + (ulong)_pagesPerChunk - 1) / (ulong)_pagesPerChunk);

    private void NoteChange(ulong page) => _changedChunks.Add((int)(page / (ulong)_pagesPerChunk));

    private void FreeBornAfter(PendingGroup group, ulong barrier)
    {
        PendingCount -= group.PageCount;
        group.FreeBornAfter(barrier, pages => Release(pages.First, pages.Count));
        PendingCount += group.PageCount;
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

    /// <summary>The pages that one transaction, or several with no pinned state between them, unlinked.</summary>
    private sealed class PendingGroup(ulong unlinkedBy)
    {
        internal ulong UnlinkedBy { get; } = unlinkedBy;

        /// <summary>
        /// The newest pinned state below <see cref="UnlinkedBy"/> when the group was last looked at; all pages left were born at or before it.
        /// </summary>
        internal ulong Barrier { get; private set; } = ulong.MaxValue;

        internal List<RetiredPages> Pages { get; } = [];

        internal long PageCount { get; private set; }

        internal void Add(IReadOnlyList<RetiredPages> pages)
        {
            Pages.AddRange(pages);
            foreach (RetiredPages run in pages)
            {
                PageCount += run.Count;
            }
        }

        internal void FreeBornAfter(ulong barrier, Action<RetiredPages> free)
        {
            Barrier = barrier;
            Pages.RemoveAll(pages =>
            {
                if (pages.Birth <= barrier)
                {
                    return false;
                }

                PageCount -= pages.Count;
                free(pages);
                return true;
            });
        }
    }
}
