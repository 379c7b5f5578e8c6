namespace HarmonyDB.Storage.Tree;

/// <summary>
/// One pass over all trees, in as many write transactions as it takes, that copies what lies behind a page to free places before it. It
/// remembers where it is by tree name and key, so the trees may change between two transactions.
/// </summary>
internal sealed class PageMover
{
    private const int LeavesLookedAtPerMove = 16;

    private readonly ulong _target;
    private byte[] _treeName = [];
    private byte[] _key = [];
    private bool _isInTreeOfTrees;

    /// <param name="target">First page that is to become free.</param>
    internal PageMover(ulong target)
    {
        _target = target;
    }

    internal bool IsAtEnd { get; private set; }

    /// <summary>Moves pages.</summary>
    /// <returns>Number of pages that were copied, branches on the way included.</returns>
    internal long Run(WriteTransaction transaction, int maximumPages)
    {
        long moved = 0;
        int counted = 0;
        IReadOnlyList<RetiredPages> retired = transaction.Pages.Retired;
        TreeWriter? tree = null;
        for (long looked = 0; !IsAtEnd && moved < maximumPages && looked < (long)LeavesLookedAtPerMove * maximumPages; looked++)
        {
            tree ??= FindTree(transaction);
            if (!VisitLeaf(transaction.Pages, tree))
            {
                tree = null;
                LeaveTree();
            }

            for (; counted < retired.Count; counted++)
            {
                moved += retired[counted].Count;
            }
        }

        return moved;
    }

    /// <summary>The tree of the current name, or the next one, or the tree of trees: its records change as long as the others move.</summary>
    private TreeWriter FindTree(WriteTransaction transaction)
    {
        if (!_isInTreeOfTrees)
        {
            using Cursor cursor = transaction.TreeOfTrees.OpenCursor();
            if (_treeName.Length == 0 ? cursor.SeekFirst() : cursor.SeekCeiling(_treeName))
            {
                if (!cursor.Key.SequenceEqual(_treeName))
                {
                    _treeName = cursor.Key.ToArray();
                    _key = [];
                }

                return transaction.OpenTree(_treeName);
            }

            _isInTreeOfTrees = true;
            _key = [];
        }

        return transaction.TreeOfTrees;
    }

    private void LeaveTree()
    {
        IsAtEnd = _isInTreeOfTrees;
        _key = [];

        // The smallest name behind this one.
        _treeName = [.. _treeName, 0];
    }

    /// <summary>Moves the leaf of the current key, the branches above it and its large values, as far as they lie behind the target.</summary>
    /// <returns>False if it is the last leaf of the tree.</returns>
    private bool VisitLeaf(UncommittedPages pages, TreeWriter tree)
    {
        if (tree.Root == 0)
        {
            return false;
        }

        byte[]? next = null;
        ulong highest = tree.Root;
        NodePage node = pages.GetNode(tree.Root, PageSource.AnyLevel);
        for (int level = node.Level; level > 0; level--)
        {
            int index = _key.Length == 0 ? 0 : node.ChildIndex(_key);
            next = index + 1 < node.Count ? Key(node, index + 1) : next;
            highest = Math.Max(highest, node.Child(index));
            node = pages.GetNode(node.Child(index), level - 1);
        }

        byte[] key = Key(node, 0);
        if (highest >= _target && pages.HasFreeBelow(highest))
        {
            tree.CopyPath(key);
        }

        MoveValues(pages, tree, key, node.Count);
        _key = next ?? [];
        return next is not null;
    }

    private unsafe void MoveValues(UncommittedPages pages, TreeWriter tree, byte[] key, int count)
    {
        for (int i = 0; i < count; i++)
        {
            pages.TryFind(tree.Root, key, out NodePage leaf, out _);
            uint header = leaf.ValueHeader(i);
            if ((header & NodePage.OverflowFlag) == 0)
            {
                continue;
            }

            int valueBytes = (int)(header & ~NodePage.OverflowFlag);
            OverflowReference reference = OverflowReference.Read(leaf.Payload(i));
            ulong end = reference.FirstPageId + (ulong)OverflowRun.PageCount(valueBytes, pages.PageSizeBytes);
            if (end > _target && pages.TryMoveOverflow(reference, valueBytes, out OverflowReference moved))
            {
                NodePage copy = pages.Edit(tree.CopyPath(key)).Node;
                moved.Write(new Span<byte>(copy.Payload(i), OverflowReference.SizeBytes));
            }
        }
    }

    private static byte[] Key(NodePage node, int index)
    {
        byte[] key = new byte[node.KeyBytes(index)];
        node.CopyKey(index, key);
        return key;
    }
}
