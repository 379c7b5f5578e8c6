using HarmonyDB.Storage.Tree;

namespace HarmonyDB.Storage.Tools;

/// <summary>
/// The readable leaves below a root and the ranges of keys that are not readable. Beside what the checksums tell, a page that is newer than
/// its parent is not the parent's child any more: its place was reused.
/// </summary>
internal sealed class SalvageWalk
{
    private readonly SalvageSource _source;

    private SalvageWalk(SalvageSource source)
    {
        _source = source;
    }

    /// <summary>Page numbers in key order.</summary>
    internal List<ulong> Leaves { get; } = [];

    /// <summary>In key order, none inside another.</summary>
    internal List<LostRange> Lost { get; } = [];

    internal long EntryCount { get; private set; }

    internal bool IsComplete => Lost.Count == 0;

    /// <summary>Walks a tree; root 0 is an empty one.</summary>
    internal static SalvageWalk Run(SalvageSource source, ulong root, ulong newestTransaction)
    {
        var walk = new SalvageWalk(source);
        if (root != 0)
        {
            walk.Visit(root, PageSource.AnyLevel, null, null, newestTransaction);
        }

        return walk;
    }

    /// <summary>Whether a key lies in one of the ranges, which are in order and apart.</summary>
    internal static bool Contains(IReadOnlyList<LostRange> sorted, ReadOnlySpan<byte> key)
    {
        int low = 0;
        int high = sorted.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (sorted[middle].To is { } to && key.SequenceCompareTo(to) >= 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low < sorted.Count && (sorted[low].From is not { } from || key.SequenceCompareTo(from) >= 0);
    }

    private void Visit(ulong pageId, int level, byte[]? low, byte[]? high, ulong parentTransaction)
    {
        if (!_source.TryGetNode(pageId, level, out NodePage node) || node.Transaction > parentTransaction)
        {
            Lost.Add(new LostRange(low, high));
            return;
        }

        if (node.IsLeaf)
        {
            Leaves.Add(pageId);
            EntryCount += node.Count;
            return;
        }

        byte[]? from = low;
        for (int i = 0; i < node.Count; i++)
        {
            byte[]? to = high;
            if (i + 1 < node.Count)
            {
                to = new byte[node.KeyBytes(i + 1)];
                node.CopyKey(i + 1, to);
            }

            Visit(node.Child(i), node.Level - 1, from, to, node.Transaction);
            from = to;
        }
    }
}
