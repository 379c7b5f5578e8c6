using System.Diagnostics;

namespace HarmonyDB.Storage.Tree;

/// <summary>
/// Which pages may be written. A page is in the tree, free, or pending: unlinked, but still needed by a reader or a durable meta.
/// </summary>
/// <remarks>
/// A page written by transaction <c>b</c> and unlinked by transaction <c>t</c> is needed by the state <c>s</c> exactly if <c>b &lt;= s &lt; t</c>.
/// States to respect (pins) are those of open readers, of both durable metas and of a checkpoint under way. A page that was born after the
/// newest durable meta and is read by nobody is reusable at once: that keeps the file bounded between checkpoints.
/// Not safe for several threads: callers hold <see cref="Store.StateLock"/>.
/// </remarks>
internal sealed class Freelist
{
    private readonly List<PendingGroup> _pending = [];
    private readonly PageBitmap _free = new();

    /// <summary>Pages allocated by the open write transaction: free in every committed state.</summary>
    private readonly PageBitmap _uncommitted = new();

    internal Freelist(ulong pageCount)
    {
        PageCount = pageCount;
    }

    /// <summary>Pages in use or free, meta pages included; the file may be longer.</summary>
    internal ulong PageCount { get; private set; }

    internal long FreeCount => _free.Count;

    internal long UncommittedCount => _uncommitted.Count;

    internal long PendingCount
    {
        get
        {
            long count = 0;
            foreach (PendingGroup group in _pending)
            {
                count += group.PageCount();
            }

            return count;
        }
    }

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

    /// <summary>Allocates a page for a free list; it belongs to no transaction.</summary>
    internal ulong AllocateForFreelist() => Take(1);

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
        _free.AddAll(_uncommitted);
        _uncommitted.Clear();
        while (PageCount > pageCountBefore && _free.Remove(PageCount - 1))
        {
            PageCount--;
        }
    }

    internal void Commit() => _uncommitted.Clear();

    /// <summary>Records what a transaction unlinked.</summary>
    internal void Retire(ulong txId, IEnumerable<RetiredPages> pages)
    {
        var group = new PendingGroup(txId);
        group.Pages.AddRange(pages);
        if (group.Pages.Count > 0)
        {
            _pending.Add(group);
        }
    }

    /// <summary>Takes back <see cref="Retire"/> for a commit that did not happen.</summary>
    internal void Unretire(ulong txId) => _pending.RemoveAll(group => group.UnlinkedBy == txId);

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
                _pending[kept - 1].Pages.AddRange(group.Pages);
            }
            else
            {
                _pending[kept++] = group;
            }
        }

        _pending.RemoveRange(kept, _pending.Count - kept);
    }

    /// <summary>The pages that the state about to become durable does not use.</summary>
    /// <param name="olderTxId">The state that will be the older durable one.</param>
    /// <param name="olderChain">The pages of its free list.</param>
    /// <param name="includeUncommitted">Whether an open write transaction is not part of that state.</param>
    internal List<FreeExtent> Capture(ulong olderTxId, IEnumerable<ulong> olderChain, bool includeUncommitted)
    {
        PageBitmap free = _free.Clone();
        var held = new PageBitmap();
        if (includeUncommitted)
        {
            free.AddAll(_uncommitted);
        }

        foreach (PendingGroup group in _pending)
        {
            foreach (RetiredPages pages in group.Pages)
            {
                bool isHeld = pages.Birth <= olderTxId && olderTxId < group.UnlinkedBy;
                for (ulong i = 0; i < (ulong)pages.Count; i++)
                {
                    (isHeld ? held : free).Add(pages.First + i);
                }
            }
        }

        foreach (ulong page in olderChain)
        {
            held.Add(page);
        }

        var extents = new List<FreeExtent>();
        AddExtents(extents, free, held: false);
        AddExtents(extents, held, held: true);
        return extents;
    }

    /// <summary>Takes over what a durable meta recorded.</summary>
    internal void Load(IReadOnlyList<FreeExtent> extents, ulong txId, ulong olderTxId)
    {
        var held = new List<RetiredPages>();
        foreach (FreeExtent extent in extents)
        {
            for (ulong i = 0; i < extent.Count; i++)
            {
                if (extent.Held)
                {
                    held.Add(new RetiredPages(extent.First + i, 1, olderTxId));
                }
                else
                {
                    _free.Add(extent.First + i);
                }
            }
        }

        Retire(txId, held);
    }

    /// <summary>Copies of the free pages (an open transaction's included) and the pending pages, for the checker.</summary>
    internal (PageBitmap Free, List<RetiredPages> Pending) Copy()
    {
        PageBitmap free = _free.Clone();
        free.AddAll(_uncommitted);
        return (free, [.. _pending.SelectMany(static group => group.Pages)]);
    }

    private static void AddExtents(List<FreeExtent> extents, PageBitmap pages, bool held)
    {
        foreach (ulong page in pages)
        {
            if (extents.Count > 0 && extents[^1].Held == held && extents[^1].First + extents[^1].Count == page)
            {
                extents[^1] = extents[^1] with { Count = extents[^1].Count + 1 };
            }
            else
            {
                extents.Add(new FreeExtent(page, 1, held));
            }
        }
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

    private void FreeBornAfter(PendingGroup group, ulong barrier)
    {
        group.Barrier = barrier;
        group.Pages.RemoveAll(pages =>
        {
            if (pages.Birth <= barrier)
            {
                return false;
            }

            Release(pages.First, pages.Count);
            return true;
        });
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
        internal ulong Barrier { get; set; } = ulong.MaxValue;

        internal List<RetiredPages> Pages { get; } = [];

        internal long PageCount() => Pages.Sum(static pages => (long)pages.Count);
    }
}
