namespace HarmonyDB.Storage.Tree;

/// <summary>
/// Walks one committed state and accounts for every page: exactly one of in use, free, or pending (B1, B3). Reads only; what is damaged is
/// reported, and the walk goes on beside it.
/// </summary>
internal sealed class Checker
{
    private readonly StoreFile _file;
    private readonly Snapshot _state;
    private readonly CommittedPages _pages;
    private readonly PageBitmap? _free;
    private readonly IReadOnlyList<RetiredPages> _pending;
    private readonly ulong _pageCount;
    private readonly Action<CheckProgress>? _progress;
    private readonly CancellationToken _cancellation;
    private readonly PageBitmap _used = new();
    private readonly List<string> _problems = [];
    private readonly List<TreeCheck> _trees = [];
    private bool _isIncomplete;

    /// <param name="file">The file.</param>
    /// <param name="state">The state to check; the caller keeps its pages from being reused.</param>
    /// <param name="free">Its free pages, or null if they are not known: then pages are not accounted for.</param>
    /// <param name="pending">Its pending pages.</param>
    /// <param name="pageCount">Pages to account for, from 0 on.</param>
    /// <param name="progress">Told from time to time how far the check is.</param>
    /// <param name="cancellation">Ends it.</param>
    internal Checker(
        StoreFile file,
        Snapshot state,
        PageBitmap? free,
        IReadOnlyList<RetiredPages> pending,
        ulong pageCount,
        Action<CheckProgress>? progress,
        CancellationToken cancellation)
    {
        _file = file;
        _state = state;
        _free = free;
        _pending = pending;
        _pageCount = pageCount;
        _progress = progress;
        _cancellation = cancellation;
        _pages = new CommittedPages(file) { AlwaysVerify = true };
        _pages.Attach(state.Mapping, state.PageCount);
    }

    /// <summary>Adds a problem that was found before the walk.</summary>
    internal void AddProblem(string problem)
    {
        if (_problems.Count < CheckReport.ProblemsMaximum)
        {
            _problems.Add(problem);
        }
    }

    internal CheckReport Run()
    {
        var names = new TreeCheck { Name = [], Entries = (long)_state.TreeCount, Root = _state.Root };
        CheckTree(names, "the tree of trees", collectsTrees: true);
        foreach (TreeCheck tree in _trees)
        {
            CheckTree(tree, $"the tree '{Convert.ToHexString(tree.Name)}'", collectsTrees: false);
        }

        long pendingCount = _free is null ? 0 : AccountForPages(_free);
        _progress?.Invoke(new CheckProgress((long)_pageCount, (long)_pageCount));
        return new CheckReport
        {
            Problems = _problems,
            TxId = new TxId(_state.TxId),
            TreeCount = names.Found,
            EntryCount = _trees.Sum(static tree => tree.Found),
            UsedPageCount = _used.Count,
            FreePageCount = _free?.Count ?? 0,
            PendingPageCount = pendingCount,
            Trees = [.. _trees.Select(static tree => tree.ToReport())],
        };
    }

    private void CheckTree(TreeCheck tree, string name, bool collectsTrees)
    {
        if (tree.Root != 0)
        {
            Visit(tree, tree.Root, PageSource.AnyLevel, null, null, _state.TxId, collectsTrees);
        }

        if (tree.Found != tree.Entries)
        {
            Report(tree.Root, $"{name} has {tree.Found} entries and counts {tree.Entries}");
        }
    }

    private void Visit(TreeCheck tree, ulong pageId, int level, byte[]? low, byte[]? high, ulong parentTransaction, bool collectsTrees)
    {
        _cancellation.ThrowIfCancellationRequested();
        if (pageId >= PageHeader.FirstPageId && pageId < _pageCount && !_used.Add(pageId))
        {
            Report(pageId, "two pages point to it");
            _isIncomplete = true;
            return;
        }

        if (_used.Count % CheckProgress.Interval == 0)
        {
            _progress?.Invoke(new CheckProgress(_used.Count, (long)_pageCount));
        }

        try
        {
            NodePage node = _pages.GetNode(pageId, level);
            if (node.Transaction > parentTransaction)
            {
                Report(pageId, "it is newer than what points to it (B23)");
            }

            tree.Levels = Math.Max(tree.Levels, node.Level + 1);
            if (node.IsLeaf)
            {
                VisitLeaf(tree, node, low, high, collectsTrees);
            }
            else
            {
                VisitBranch(tree, node, low, high, collectsTrees);
            }
        }
        catch (StoreDamagedException damage)
        {
            Report(damage.Page.Value, damage.Reason);
            _isIncomplete = true;
        }
    }

    private void VisitBranch(TreeCheck tree, NodePage node, byte[]? low, byte[]? high, bool collectsTrees)
    {
        tree.BranchPages++;
        tree.BranchUsedBytes += node.UsedBytes;
        byte[]? from = low;
        for (int i = 0; i < node.Count; i++)
        {
            byte[]? to = i + 1 < node.Count ? Key(node, i + 1) : high;
            CheckOrder(node.Id, from, to, high);
            Visit(tree, node.Child(i), node.Level - 1, from, to, node.Transaction, collectsTrees);
            from = to;
        }
    }

    private void VisitLeaf(TreeCheck tree, NodePage node, byte[]? low, byte[]? high, bool collectsTrees)
    {
        tree.LeafPages++;
        tree.LeafUsedBytes += node.UsedBytes;
        tree.Found += node.Count;
        byte[]? previous = null;
        for (int i = 0; i < node.Count; i++)
        {
            byte[] key = Key(node, i);
            bool isAbovePrevious = previous is null || key.AsSpan().SequenceCompareTo(previous) > 0;
            bool isInside = (low is null || key.AsSpan().SequenceCompareTo(low) >= 0) && (high is null || key.AsSpan().SequenceCompareTo(high) < 0);
            if (!isAbovePrevious || !isInside)
            {
                Report(node.Id, $"the key in slot {i} is out of order");
            }

            try
            {
                CheckValue(tree, node, i, key, collectsTrees);
            }
            catch (StoreDamagedException damage)
            {
                Report(damage.Page.Value, damage.Reason);
                _isIncomplete = true;
            }

            previous = key;
        }
    }

    private unsafe void CheckValue(TreeCheck tree, NodePage leaf, int index, byte[] key, bool collectsTrees)
    {
        ReadOnlySpan<byte> value = _pages.GetValue(leaf, index);
        uint header = leaf.ValueHeader(index);
        if ((header & NodePage.OverflowFlag) != 0)
        {
            ulong first = OverflowReference.Read(leaf.Payload(index)).FirstPageId;
            int count = OverflowRun.PageCount(value.Length, _file.PageSizeBytes);
            tree.OverflowPages += count;
            for (ulong i = first; i < first + (ulong)count; i++)
            {
                if (!_used.Add(i))
                {
                    Report(i, "it belongs to a large value and to something else");
                }
            }
        }

        if (collectsTrees)
        {
            TreeRecord record = TreeRecord.Read(_file.Path, leaf, value);
            _trees.Add(new TreeCheck { Name = key, Entries = record.Count, Root = record.Root });
        }
    }

    private long AccountForPages(PageBitmap free)
    {
        var pending = new PageBitmap();
        foreach (RetiredPages pages in _pending)
        {
            for (ulong i = pages.First; i < pages.First + (ulong)pages.Count; i++)
            {
                if (!pending.Add(i))
                {
                    Report(i, "it is pending twice");
                }
            }
        }

        long hidden = 0;
        for (ulong page = PageHeader.FirstPageId; page < _pageCount; page++)
        {
            int uses = (_used.Contains(page) ? 1 : 0) + (free.Contains(page) ? 1 : 0) + (pending.Contains(page) ? 1 : 0);
            if (uses == 0 && _isIncomplete)
            {
                hidden++;
            }
            else if (uses != 1)
            {
                Report(page, uses == 0 ? "nothing points to it and it is not free" : "it is free or pending, and in use");
            }
        }

        if (hidden > 0)
        {
            AddProblem($"{hidden} pages are not accounted for: damaged pages hide what they point to.");
        }

        return pending.Count;
    }

    private void CheckOrder(ulong pageId, byte[]? from, byte[]? to, byte[]? high)
    {
        if ((from is not null && to is not null && from.AsSpan().SequenceCompareTo(to) >= 0)
            || (to is not null && high is not null && to.AsSpan().SequenceCompareTo(high) > 0))
        {
            Report(pageId, "its separators are out of order");
        }
    }

    private void Report(ulong pageId, string problem) => AddProblem($"Page {pageId}: {problem}.");

    private static byte[] Key(NodePage node, int index)
    {
        byte[] key = new byte[node.KeyBytes(index)];
        node.CopyKey(index, key);
        return key;
    }

    /// <summary>What is known of a tree while it is walked.</summary>
    private sealed class TreeCheck
    {
        internal required byte[] Name { get; init; }

        internal required ulong Root { get; init; }

        /// <summary>Entries that the tree of trees counts.</summary>
        internal required long Entries { get; init; }

        internal long Found { get; set; }

        internal int Levels { get; set; }

        internal long BranchPages { get; set; }

        internal long BranchUsedBytes { get; set; }

        internal long LeafPages { get; set; }

        internal long LeafUsedBytes { get; set; }

        internal long OverflowPages { get; set; }

        internal TreeReport ToReport() => new()
        {
            Name = Name,
            EntryCount = Found,
            Levels = Levels,
            BranchPageCount = BranchPages,
            BranchUsedBytes = BranchUsedBytes,
            LeafPageCount = LeafPages,
            LeafUsedBytes = LeafUsedBytes,
            OverflowPageCount = OverflowPages,
        };
    }
}
