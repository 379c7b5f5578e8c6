namespace HarmonyDB.Storage.Tree;

/// <summary>Inserts an entry where its node may be full: rebuilds the node, or splits it by bytes and goes on in its parent.</summary>
internal static unsafe class NodeSplitter
{
    /// <summary>Inserts at the end of a path whose pages are all writable.</summary>
    /// <returns>The root: the same, or a new one above it.</returns>
    internal static ulong Insert(UncommittedPages pages, TreePath path, ReadOnlySpan<byte> key, ulong fixedPart, ReadOnlySpan<byte> payload)
    {
        int depth = path.Depth - 1;
        int index = path.Index(depth);
        byte[]? separator = null;
        while (true)
        {
            ulong pageId = path.PageId(depth);
            NodeEditor editor = pages.Edit(pageId);
            if (editor.TryInsert(index, key, fixedPart, payload, pages.LeftScratch))
            {
                return path.PageId(0);
            }

            bool isLast = index == editor.Node.Count && IsRightmost(pages, path, depth);
            if (!isLast && editor.Node.IsLeaf && NodeBalancer.TryInsert(pages, path, key, fixedPart, payload))
            {
                return path.PageId(0);
            }

            if (Split(pages, editor, index, isLast, key, fixedPart, payload, out ulong right, ref separator) is not { } separatorBytes)
            {
                return path.PageId(0);
            }

            key = separator.AsSpan(0, separatorBytes);
            fixedPart = right;
            payload = default;
            if (depth == 0)
            {
                return GrowRoot(pages, pageId, key, right);
            }

            depth--;
            index = path.Index(depth) + 1;
        }
    }

    /// <returns>The length of the separator that the parent needs, or null if the rebuilt node holds the entry.</returns>
    private static int? Split(
        UncommittedPages pages,
        NodeEditor editor,
        int index,
        bool isLast,
        ReadOnlySpan<byte> key,
        ulong fixedPart,
        ReadOnlySpan<byte> payload,
        out ulong right,
        ref byte[]? separator)
    {
        NodePage node = editor.Node;
        int level = node.Level;
        NodeEntries entries = pages.Entries;
        Buffer.MemoryCopy(node.Pointer, pages.LeftScratch, pages.PageSizeBytes, pages.PageSizeBytes);
        var before = new NodePage(pages.LeftScratch, pages.PageSizeBytes);
        fixed (byte* keyPointer = key, payloadPointer = payload)
        {
            entries.Clear(level);
            NodeEntry added = NodeEntry.Of(keyPointer, key.Length, fixedPart, payloadPointer, payload.Length);
            for (int i = 0; i <= before.Count; i++)
            {
                if (i == index)
                {
                    entries.Add(added);
                }

                if (i < before.Count)
                {
                    entries.Add(NodeEntry.From(before, i));
                }
            }

            right = 0;
            if (entries.Fits(0, entries.Count))
            {
                entries.Write(0, entries.Count, node.Pointer, node.Id, pages.Transaction);
                return null;
            }

            // Ascending inserts leave full pages behind instead of half full ones.
            int cut = isLast ? entries.Count - 1 : entries.FindSplit();
            byte[] nextSeparator = new byte[entries[cut].KeyBytes];
            int separatorBytes = WriteSeparator(entries, level, cut, nextSeparator);
            right = pages.AllocateNode(level);
            entries.Write(0, cut, node.Pointer, node.Id, pages.Transaction);
            entries.Write(cut, entries.Count, pages.Edit(right).Node.Pointer, right, pages.Transaction);
            separator = nextSeparator;
            return separatorBytes;
        }
    }

    /// <summary>A leaf's separator is the shortest key above the left half; a branch gives its middle key away.</summary>
    internal static int WriteSeparator(NodeEntries entries, int level, int cut, byte[] separator)
    {
        entries[cut].CopyKey(0, separator);
        return level > 0 ? separator.Length : NodeEntry.CommonPrefixBytes(entries[cut - 1], entries[cut]) + 1;
    }

    private static ulong GrowRoot(UncommittedPages pages, ulong left, ReadOnlySpan<byte> separator, ulong right)
    {
        int level = pages.Edit(left).Node.Level + 1;
        if (level >= StoreLimits.DepthMaximum)
        {
            throw new InvalidOperationException($"A tree cannot have more than {StoreLimits.DepthMaximum} levels.");
        }

        ulong root = pages.AllocateRoot(level);
        NodeEditor editor = pages.Edit(root);
        editor.TryInsert(0, default, left, default, pages.LeftScratch);
        editor.TryInsert(1, separator, right, default, pages.LeftScratch);
        return root;
    }

    private static bool IsRightmost(UncommittedPages pages, TreePath path, int depth)
    {
        for (int i = 0; i < depth; i++)
        {
            if (path.Index(i) != pages.Edit(path.PageId(i)).Node.Count - 1)
            {
                return false;
            }
        }

        return true;
    }
}
