using System.Numerics;

namespace HarmonyDB.Storage.Tree;

/// <summary>
/// A stretch of the file for the pages that nearly every commit makes anew: roots and the space map. Kept together they go to the device in one piece,
/// which takes half the time of as many pieces (docs/performance.md). Nothing but a preference: its pages are as free, used or pending as any.
/// </summary>
internal sealed class CommitWindow(ulong first)
{
    internal const int PageCount = 32;

    /// <summary>Pages that a small commit takes from the window, about.</summary>
    private const int PagesPerCommit = 6;

    private const int TakesMinimum = 1024;

    private uint _free = uint.MaxValue;
    private int _cursor;
    private int _takes;

    internal int FreeCount => BitOperations.PopCount(_free);

    /// <summary>Whether pages that are seldom replaced have filled it, after it was of use for a while.</summary>
    internal bool IsWornOut => FreeCount < PagesPerCommit && _takes >= TakesMinimum;

    /// <summary>The free pages.</summary>
    internal IEnumerable<ulong> Free => Enumerable.Range(0, PageCount).Where(i => (_free & (1u << i)) != 0).Select(i => first + (ulong)i);

    internal bool Contains(ulong page) => page - first < PageCount;

    /// <summary>Takes the next free page round and round, so that what one commit takes lies side by side.</summary>
    internal bool TryTake(out ulong page)
    {
        if (_free == 0)
        {
            page = 0;
            return false;
        }

        int index = (_cursor + BitOperations.TrailingZeroCount(BitOperations.RotateRight(_free, _cursor))) % PageCount;
        _free &= ~(1u << index);
        _cursor = (index + 1) % PageCount;
        _takes++;
        page = first + (ulong)index;
        return true;
    }

    /// <summary>Gives a page back; the last one taken is the next to be taken.</summary>
    /// <returns>False if it was free.</returns>
    internal bool Return(ulong page)
    {
        int index = (int)(page - first);
        uint bit = 1u << index;
        if ((_free & bit) != 0)
        {
            return false;
        }

        _free |= bit;
        if ((index + 1) % PageCount == _cursor)
        {
            _cursor = index;
        }

        return true;
    }
}
