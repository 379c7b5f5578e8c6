namespace HarmonyDB.Storage.Tree;

/// <summary>The way from a root to a leaf: a page and the slot taken in it for each level.</summary>
internal sealed class TreePath
{
    private readonly ulong[] _pageIds = new ulong[StoreLimits.DepthMaximum];
    private readonly int[] _indexes = new int[StoreLimits.DepthMaximum];

    /// <summary>Number of pages on the way; the leaf is the last.</summary>
    internal int Depth { get; private set; }

    internal void Clear() => Depth = 0;

    internal void Push(ulong pageId, int index)
    {
        _pageIds[Depth] = pageId;
        _indexes[Depth] = index;
        Depth++;
    }

    internal void SetIndex(int depth, int index) => _indexes[depth] = index;

    internal ulong PageId(int depth) => _pageIds[depth];

    internal int Index(int depth) => _indexes[depth];
}
