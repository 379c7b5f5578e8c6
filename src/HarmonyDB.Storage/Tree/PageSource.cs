namespace HarmonyDB.Storage.Tree;

/// <summary>Where the pages of one transaction's view of the store are.</summary>
internal abstract unsafe class PageSource
{
    /// <summary>Any level: for a root, whose level only its own page tells.</summary>
    internal const int AnyLevel = -1;

    internal int PageSizeBytes { get; private protected init; }

    /// <summary>The page, verified. Levels fall by one with each step down, so no damage can make a descent endless (B29).</summary>
    /// <exception cref="StoreDamagedException">The page is damaged, or not a node of this level.</exception>
    internal abstract NodePage GetNode(ulong pageId, int level);

    /// <summary>The value of an overflow run, verified.</summary>
    /// <exception cref="StoreDamagedException">The run is damaged.</exception>
    internal abstract ReadOnlySpan<byte> GetOverflow(OverflowReference reference, int valueBytes);

    internal ReadOnlySpan<byte> GetValue(NodePage leaf, int index)
    {
        uint header = leaf.ValueHeader(index);
        return (header & NodePage.OverflowFlag) == 0
            ? new ReadOnlySpan<byte>(leaf.Payload(index), (int)header)
            : GetOverflow(OverflowReference.Read(leaf.Payload(index)), (int)(header & ~NodePage.OverflowFlag));
    }

    /// <summary>Descends to the leaf of a key.</summary>
    internal virtual bool TryFind(ulong root, ReadOnlySpan<byte> key, out NodePage leaf, out int index)
    {
        leaf = default;
        index = 0;
        if (root == 0)
        {
            return false;
        }

        NodePage node = GetNode(root, AnyLevel);
        for (int level = node.Level; level > 0; level--)
        {
            node = GetNode(node.Child(node.ChildIndex(key)), level - 1);
        }

        leaf = node;
        index = node.LowerBound(key, 0, out bool found);
        return found;
    }
}
