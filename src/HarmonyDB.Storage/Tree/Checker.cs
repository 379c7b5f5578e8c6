namespace HarmonyDB.Storage.Tree;

/// <summary>Walks one committed state and accounts for every page: exactly one of in use, free, or pending (B1, B3). Reads only.</summary>
internal sealed class Checker
{
    private readonly StoreFile _file;
    private readonly ReadTransaction _reader;
    private readonly CommittedPages _pages;
    private readonly PageBitmap _free;
    private readonly List<RetiredPages> _pending;
    private readonly ulong _pageCount;
    private readonly PageBitmap _used = new();
    private readonly List<string> _problems = [];
    private readonly List<(byte[] Name, TreeRecord Record)> _trees = [];

    internal Checker(StoreFile file, ReadTransaction reader, PageBitmap free, List<RetiredPages> pending, ulong pageCount)
    {
        _file = file;
        _reader = reader;
        _free = free;
        _pending = pending;
        _pageCount = pageCount;
        _pages = new CommittedPages(file) { AlwaysVerify = true };
    }

    /// <summary>Checks, and ends the reader.</summary>
    internal CheckReport Run()
    {
        using (_reader)
        {
            Snapshot state = _reader.Snapshot;
            _pages.Attach(state.Mapping, state.PageCount);
            long trees = CheckTree(state.Root, (long)state.TreeCount, "the tree of trees", collectsTrees: true);
            long entries = 0;
            foreach ((byte[] name, TreeRecord record) in _trees)
            {
                entries += CheckTree(record.Root, record.Count, $"the tree '{Convert.ToHexString(name)}'", collectsTrees: false);
            }

            long pendingCount = AccountForPages();
            return new CheckReport
            {
                Problems = _problems,
                TreeCount = trees,
                EntryCount = entries,
                UsedPageCount = _used.Count,
                FreePageCount = _free.Count,
                PendingPageCount = pendingCount,
            };
        }
    }

    private long CheckTree(ulong root, long count, string name, bool collectsTrees)
    {
        long found = root == 0 ? 0 : Visit(root, PageSource.AnyLevel, null, null, _reader.Snapshot.TxId, collectsTrees);
        if (found != count)
        {
            Report(root, $"{name} has {found} entries and counts {count}");
        }

        return found;
    }

    private long Visit(ulong pageId, int level, byte[]? low, byte[]? high, ulong parentTransaction, bool collectsTrees)
    {
        if (pageId < _pageCount && !_used.Add(pageId))
        {
            Report(pageId, "two pages point to it");
            return 0;
        }

        try
        {
            NodePage node = _pages.GetNode(pageId, level);
            if (node.Transaction > parentTransaction)
            {
                Report(pageId, "it is newer than what points to it (B23)");
            }

            return node.IsLeaf ? VisitLeaf(node, low, high, collectsTrees) : VisitBranch(node, low, high, collectsTrees);
        }
        catch (StoreDamagedException damage)
        {
            Report(damage.Page.Value, damage.Reason);
            return 0;
        }
    }

    private long VisitBranch(NodePage node, byte[]? low, byte[]? high, bool collectsTrees)
    {
        long entries = 0;
        byte[]? from = low;
        for (int i = 0; i < node.Count; i++)
        {
            byte[]? to = i + 1 < node.Count ? Key(node, i + 1) : high;
            CheckOrder(node.Id, from, to, high);
            entries += Visit(node.Child(i), node.Level - 1, from, to, node.Transaction, collectsTrees);
            from = to;
        }

        return entries;
    }

    private long VisitLeaf(NodePage node, byte[]? low, byte[]? high, bool collectsTrees)
    {
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

            CheckValue(node, i, key, collectsTrees);
            previous = key;
        }

        return node.Count;
    }

    private unsafe void CheckValue(NodePage leaf, int index, byte[] key, bool collectsTrees)
    {
        ReadOnlySpan<byte> value = _pages.GetValue(leaf, index);
        uint header = leaf.ValueHeader(index);
        if ((header & NodePage.OverflowFlag) != 0)
        {
            ulong first = OverflowReference.Read(leaf.Payload(index)).FirstPageId;
            int count = OverflowRun.PageCount(value.Length, _file.PageSizeBytes);
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
            _trees.Add((key, TreeRecord.Read(_file.Path, leaf, value)));
        }
    }

    private long AccountForPages()
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

        for (ulong page = PageHeader.FirstPageId; page < _pageCount; page++)
        {
            int uses = (_used.Contains(page) ? 1 : 0) + (_free.Contains(page) ? 1 : 0) + (pending.Contains(page) ? 1 : 0);
            if (uses != 1)
            {
                Report(page, uses == 0 ? "nothing points to it and it is not free" : "it is free or pending, and in use");
            }
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

    private void Report(ulong pageId, string problem)
    {
        if (_problems.Count < CheckReport.ProblemsMaximum)
        {
            _problems.Add($"Page {pageId}: {problem}.");
        }
    }

    private static byte[] Key(NodePage node, int index)
    {
        byte[] key = new byte[node.KeyBytes(index)];
        node.CopyKey(index, key);
        return key;
    }
}
