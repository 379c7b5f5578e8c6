namespace HarmonyDB.Storage.Tree;

/// <summary>
/// Makes room in a full leaf by moving entries to a neighbour that has some, instead of splitting it. Pages filled by random inserts are then about
/// four fifths full instead of two thirds.
/// </summary>
internal static unsafe class NodeBalancer
{
    /// <summary>Inserts into the leaf at the end of a path whose pages are all writable, if a neighbour under the same parent has room enough.</summary>
    /// <returns>False if nothing was changed.</returns>
    internal static bool TryInsert(UncommittedPages pages, TreePath path, ReadOnlySpan<byte> key, ulong fixedPart, ReadOnlySpan<byte> payload)
    {
        int depth = path.Depth - 1;
        if (depth == 0)
        {
            return false;
        }

        fixed (byte* keyPointer = key, payloadPointer = payload)
        {
            NodeEntry added = NodeEntry.Of(keyPointer, key.Length, fixedPart, payloadPointer, payload.Length);
            int parentIndex = path.Index(depth - 1);
            return TryInsert(pages, path, parentIndex, path.Index(depth), added)
                || TryInsert(pages, path, parentIndex - 1, path.Index(depth), added);
        }
    }

    /// <summary>Spreads the two leaves that begin at an index of the parent, and the entry, over both.</summary>
    private static bool TryInsert(UncommittedPages pages, TreePath path, int leftIndex, int slot, in NodeEntry added)
    {
        int depth = path.Depth - 1;
        NodeEditor parent = pages.Edit(path.PageId(depth - 1));
        if (leftIndex < 0 || leftIndex + 1 >= parent.Node.Count)
        {
            return false;
        }

        NodePage left = pages.GetNode(parent.Node.Child(leftIndex), 0);
        NodePage right = pages.GetNode(parent.Node.Child(leftIndex + 1), 0);
        bool isFullLeft = left.Id == path.PageId(depth);

        // Shifting writes one page more than inserting does, so it must make room for several inserts.
        int capacityBytes = pages.PageSizeBytes - PageHeader.SizeBytes;
        if ((isFullLeft ? right : left).UsedBytes > capacityBytes - (capacityBytes / 4))
        {
            return false;
        }

        Collect(pages, left, right, isFullLeft ? slot : left.Count + slot, added);
        NodeEntries entries = pages.Entries;
        int cut = entries.FindBalance();
        if (!entries.Fits(0, cut) || !entries.Fits(cut, entries.Count))
        {
            return false;
        }

        byte[] separator = new byte[entries[cut].KeyBytes];
        int separatorBytes = NodeSplitter.WriteSeparator(entries, 0, cut, separator);
        return parent.CanReplaceKey(leftIndex + 1, separator.AsSpan(0, separatorBytes))
            && Write(pages, parent, leftIndex, cut, separator.AsSpan(0, separatorBytes));
    }

    private static bool Write(UncommittedPages pages, NodeEditor parent, int leftIndex, int cut, ReadOnlySpan<byte> separator)
    {
        ulong leftId = pages.MakeWritable(parent.Node.Child(leftIndex), 0);
        ulong rightId = pages.MakeWritable(parent.Node.Child(leftIndex + 1), 0);
        NodeEntries entries = pages.Entries;
        entries.Write(0, cut, pages.Edit(leftId).Node.Pointer, leftId, pages.Transaction);
        entries.Write(cut, entries.Count, pages.Edit(rightId).Node.Pointer, rightId, pages.Transaction);
        parent.SetChild(leftIndex, leftId);
        parent.Remove(leftIndex + 1);
        return parent.TryInsert(leftIndex + 1, separator, rightId, default, pages.LeftScratch);
    }

    /// <summary>Lists the entries of both, from copies, and the new one in its place.</summary>
    private static void Collect(UncommittedPages pages, NodePage left, NodePage right, int addedIndex, in NodeEntry added)
    {
        Buffer.MemoryCopy(left.Pointer, pages.LeftScratch, pages.PageSizeBytes, pages.PageSizeBytes);
        Buffer.MemoryCopy(right.Pointer, pages.RightScratch, pages.PageSizeBytes, pages.PageSizeBytes);
        left = new NodePage(pages.LeftScratch, pages.PageSizeBytes);
        right = new NodePage(pages.RightScratch, pages.PageSizeBytes);
        NodeEntries entries = pages.Entries;
        entries.Clear(level: 0);
        int leftCount = left.Count;
        int count = leftCount + right.Count;
        for (int i = 0; i <= count; i++)
        {
            if (i == addedIndex)
            {
                entries.Add(added);
            }

            if (i < count)
            {
                entries.Add(i < leftCount ? NodeEntry.From(left, i) : NodeEntry.From(right, i - leftCount));
            }
        }
    }
}
