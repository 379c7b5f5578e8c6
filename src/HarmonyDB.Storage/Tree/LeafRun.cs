using System.Runtime.Intrinsics.X86;

namespace HarmonyDB.Storage.Tree;

/// <summary>The slots of one leaf that lie in a range, in the order of an enumeration, while the leaf after it is fetched.</summary>
internal unsafe struct LeafRun
{
    private const int LineBytes = 64;

    /// <summary>With this many lines a step the following leaf is there by the time it is needed, unless its entries are very long.</summary>
    private const int LinesPerStep = 3;

    private readonly int _step;
    private int _remaining;
    private byte* _ahead;
    private readonly byte* _aheadEnd;

    /// <param name="first">The first slot.</param>
    /// <param name="count">Number of slots.</param>
    /// <param name="isDescending">Whether the next slot is the one before.</param>
    /// <param name="next">The leaf that the enumeration comes to next, or null.</param>
    /// <param name="pageSizeBytes">Its size.</param>
    internal LeafRun(int first, int count, bool isDescending, byte* next, int pageSizeBytes)
    {
        _step = isDescending ? -1 : 1;
        _remaining = count;
        Index = first - _step;
        _ahead = next;
        _aheadEnd = next == null ? null : next + pageSizeBytes;
    }

    /// <summary>The slot the run is on.</summary>
    internal int Index { get; private set; }

    /// <summary>Whether the range ends in this leaf.</summary>
    internal bool EndsRange { get; init; }

    internal bool TryStep()
    {
        if (_remaining == 0)
        {
            return false;
        }

        _remaining--;
        Index += _step;
        if (_ahead < _aheadEnd && Sse.IsSupported)
        {
            Sse.Prefetch0(_ahead);
            Sse.Prefetch0(_ahead + LineBytes);
            Sse.Prefetch0(_ahead + (2 * LineBytes));
            _ahead += LinesPerStep * LineBytes;
        }

        return true;
    }
}
