namespace HarmonyDB.Storage.Tree;

/// <summary>Pages that transactions unlinked and that a reader, a durable meta or a checkpoint may still need.</summary>
/// <param name="release">Is told the pages that nobody needs any more.</param>
internal sealed class PendingPages(Action<ulong, int> release)
{
    private readonly List<PendingGroup> _groups = [];

    internal long Count { get; private set; }

    /// <summary>Records what a transaction unlinked.</summary>
    internal void Retire(ulong txId, IReadOnlyList<RetiredPages> pages)
    {
        if (pages.Count > 0)
        {
            var group = new PendingGroup(txId);
            group.Add(pages);
            Count += group.PageCount;
            _groups.Add(group);
        }
    }

    /// <summary>Frees every pending page that no pinned state needs.</summary>
    /// <param name="pins">The pinned states, ascending.</param>
    internal void Reclaim(ReadOnlySpan<ulong> pins)
    {
        int kept = 0;
        for (int i = 0; i < _groups.Count; i++)
        {
            PendingGroup group = _groups[i];
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
            if (kept > 0 && _groups[kept - 1].Barrier == barrier)
            {
                _groups[kept - 1].Add(group.Pages);
            }
            else
            {
                _groups[kept++] = group;
            }
        }

        _groups.RemoveRange(kept, _groups.Count - kept);
    }

    /// <summary>Pending pages whose newest user is the given state, as of the last <see cref="Reclaim"/>.</summary>
    internal long PinnedCount(ulong txId) => _groups.Where(group => group.Barrier == txId).Sum(static group => group.PageCount);

    /// <summary>Takes back what a transaction unlinked.</summary>
    internal void TakeBack(ulong txId)
    {
        foreach (PendingGroup group in _groups.FindAll(group => group.UnlinkedBy == txId))
        {
            Count -= group.PageCount;
            _groups.Remove(group);
        }
    }

    internal List<RetiredPages> List() => [.. _groups.SelectMany(static group => group.Pages)];

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
        Count -= group.PageCount;
        group.FreeBornAfter(barrier, pages => release(pages.First, pages.Count));
        Count += group.PageCount;
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
