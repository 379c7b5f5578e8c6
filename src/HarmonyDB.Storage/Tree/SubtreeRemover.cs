namespace HarmonyDB.Storage.Tree;

/// <summary>
/// Takes out of a tree the subtrees that lie wholly in a range: their pages are read, for large values and to count, but not copied, and no
/// entry is removed by itself. What is left of the range is in two leaves at most, those of its ends.
/// </summary>
internal static unsafe class SubtreeRemover
{
    /// <summary>Removes the children, at each level, between those that lead to the ends of a range.</summary>
    /// <param name="pages">The pages, prepared for one operation.</param>
    /// <param name="root">Root of the tree.</param>
    /// <param name="start">First key of the range; empty if the range begins before the tree.</param>
    /// <param name="end">First key after the range; empty if it goes to the end of the tree.</param>
    /// <param name="removed">Number of entries removed.</param>
    /// <returns>The root, a copy if anything was removed. Nodes along the ends of the range may be left with a single child.</returns>
    internal static ulong Remove(UncommittedPages pages, ulong root, ReadOnlySpan<byte> start, ReadOnlySpan<byte> end, out long removed)
    {
        removed = 0;
        return Trim(pages, root, PageSource.AnyLevel, start, end, ref removed);
    }

    /// <summary>Frees the pages of the value of an entry, if it has any.</summary>
    internal static void FreeValue(UncommittedPages pages, NodePage leaf, int index)
    {
        uint header = leaf.ValueHeader(index);
        if ((header & NodePage.OverflowFlag) != 0)
        {
            pages.FreeOverflow(OverflowReference.Read(leaf.Payload(index)), (int)(header & ~NodePage.OverflowFlag));
        }
    }

    private static ulong Trim(
        UncommittedPages pages, ulong pageId, int level, ReadOnlySpan<byte> start, ReadOnlySpan<byte> end, ref long removed)
    {
        NodePage node = pages.GetNode(pageId, level);
        if (node.IsLeaf)
        {
            return pageId;
        }

        // The children that lead to the ends stay, so that no node is ever emptied here.
        int first = start.IsEmpty ? -1 : node.ChildIndex(start);
        int last = end.IsEmpty ? node.Count : node.ChildIndex(end);
        ulong firstChild = first < 0 ? 0 : Trim(pages, node.Child(first), node.Level - 1, start, first == last ? end : default, ref removed);
        ulong lastChild = last == node.Count || first == last ? 0 : Trim(pages, node.Child(last), node.Level - 1, default, end, ref removed);
        for (int i = first + 1; i < last; i++)
        {
            if (i + 1 < last)
            {
                pages.Prefetch(node.Child(i + 1));
            }

            removed += Free(pages, node.Child(i), node.Level - 1);
        }

        bool isSame = last - first <= 1 && (first < 0 || firstChild == node.Child(first)) && (lastChild == 0 || lastChild == node.Child(last));
        if (isSame)
        {
            return pageId;
        }

        NodeEditor editor = pages.EditWritable(pageId, node.Level);
        if (lastChild != 0)
        {
            editor.SetChild(last, lastChild);
        }

        for (int i = last - 1; i > first; i--)
        {
            editor.Remove(i);
        }

        if (first >= 0)
        {
            editor.SetChild(first, firstChild);
        }

        return editor.Node.Id;
    }

    /// <summary>Unlinks a whole subtree.</summary>
    /// <returns>Number of its entries.</returns>
    private static long Free(UncommittedPages pages, ulong pageId, int level)
    {
        NodePage node = pages.GetNode(pageId, level);
        long entries = 0;
        if (node.IsLeaf)
        {
            entries = node.Count;
            for (int i = 0; i < node.Count; i++)
            {
                FreeValue(pages, node, i);
            }
        }
        else
        {
            for (int i = 0; i < node.Count; i++)
            {
                if (i + 1 < node.Count)
                {
                    pages.Prefetch(node.Child(i + 1));
                }

                entries += Free(pages, node.Child(i), level - 1);
            }
        }

        pages.FreeNode(pageId, level);
        return entries;
    }
}
