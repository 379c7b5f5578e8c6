namespace HarmonyDB.Storage.Tree;

/// <summary>
/// After a delete: takes empty nodes out of the tree, merges a node that is less than a third full with a neighbour if both fit into one
/// page, and lowers the root. So of two neighbours at least one is two thirds full, and there is never an empty leaf (B9, B11).
/// </summary>
internal static unsafe class NodeMerger
{
    /// <summary>Works up a path whose pages are all writable.</summary>
    /// <returns>The root, 0 if the tree is empty.</returns>
    internal static ulong Rebalance(UncommittedPages pages, TreePath path) => Rebalance(pages, path, isWhole: false);

    /// <summary>The same where nodes above one that is full enough may not be: after whole subtrees were taken out.</summary>
    internal static ulong RebalanceWholePath(UncommittedPages pages, TreePath path) => Rebalance(pages, path, isWhole: true);

    private static ulong Rebalance(UncommittedPages pages, TreePath path, bool isWhole)
    {
        int mergeBelowBytes = (pages.PageSizeBytes - PageHeader.SizeBytes) / 3;
        for (int depth = path.Depth - 1; depth > 0; depth--)
        {
            ulong pageId = path.PageId(depth);
            NodePage node = pages.Edit(pageId).Node;
            ulong parent = path.PageId(depth - 1);
            int index = path.Index(depth - 1);
            if (node.Count == 0)
            {
                pages.FreeNode(pageId, node.Level);
                pages.Edit(parent).Remove(index);
            }
            else if ((node.UsedBytes >= mergeBelowBytes || !(TryMerge(pages, parent, index) || TryMerge(pages, parent, index - 1))) && !isWhole)
            {
                break;
            }
        }

        return LowerRoot(pages, path.PageId(0));
    }

    private static ulong LowerRoot(UncommittedPages pages, ulong root)
    {
        while (true)
        {
            NodePage node = pages.GetNode(root, PageSource.AnyLevel);
            if (node.Count > 1 || (node.Count == 1 && node.IsLeaf))
            {
                return root;
            }

            ulong child = node.Count == 0 ? 0 : node.Child(0);
            pages.FreeNode(root, node.Level);
            if (child == 0)
            {
                return 0;
            }

            root = child;
        }
    }

    /// <summary>Merges the children at an index and after it into the former, if they fit into one page.</summary>
    private static bool TryMerge(UncommittedPages pages, ulong parentId, int leftIndex)
    {
        NodeEditor parent = pages.Edit(parentId);
        if (leftIndex < 0 || leftIndex + 1 >= parent.Node.Count)
        {
            return false;
        }

        int level = parent.Node.Level - 1;
        ulong leftId = parent.Node.Child(leftIndex);
        ulong rightId = parent.Node.Child(leftIndex + 1);
        NodePage left = pages.GetNode(leftId, level);
        NodePage right = pages.GetNode(rightId, level);
        if (left.UsedBytes + right.UsedBytes > pages.PageSizeBytes - PageHeader.SizeBytes)
        {
            return false;
        }

        Collect(pages, left, right, NodeEntry.From(parent.Node, leftIndex + 1));
        NodeEntries entries = pages.Entries;
        if (!entries.Fits(0, entries.Count))
        {
            return false;
        }

        ulong mergedId = pages.MakeWritable(leftId, level);
        parent.SetChild(leftIndex, mergedId);
        entries.Write(0, entries.Count, pages.Edit(mergedId).Node.Pointer, mergedId, pages.Transaction);
        pages.FreeNode(rightId, level);
        parent.Remove(leftIndex + 1);
        return true;
    }

    /// <summary>Lists the entries of both, from copies; the separator comes down as the key of the right branch's first child.</summary>
    private static void Collect(UncommittedPages pages, NodePage left, NodePage right, NodeEntry separator)
    {
        Buffer.MemoryCopy(left.Pointer, pages.LeftScratch, pages.PageSizeBytes, pages.PageSizeBytes);
        Buffer.MemoryCopy(right.Pointer, pages.RightScratch, pages.PageSizeBytes, pages.PageSizeBytes);
        NodeEntries entries = pages.Entries;
        entries.Clear(left.Level);
        entries.AddAll(new NodePage(pages.LeftScratch, pages.PageSizeBytes));
        right = new NodePage(pages.RightScratch, pages.PageSizeBytes);
        if (left.IsLeaf)
        {
            entries.AddAll(right);
            return;
        }

        separator.Fixed = right.Child(0);
        entries.Add(separator);
        for (int i = 1; i < right.Count; i++)
        {
            entries.Add(NodeEntry.From(right, i));
        }
    }
}
