using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace HarmonyDB.Storage.Tree;

/// <summary>
/// Search in the sorted heads of a page. Few heads are all compared, eight at a time and without a branch that could be predicted wrong. Among
/// many the place is guessed by interpolation, which for evenly spread keys is off by less than a cache line; where three guesses fail,
/// bisection takes over.
/// </summary>
/// <remarks>Damaged order gives a senseless result, but one within the bounds.</remarks>
internal static unsafe class HeadSearch
{
    private const int CountedMaximum = 32;
    private const int WindowHeads = 16;
    private const int GuessesMaximum = 3;

    /// <summary>The first index, from <paramref name="from"/> to <paramref name="count"/>, whose head is not below the given one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int LowerBound(uint* heads, int from, int count, uint head)
    {
        int low = from;
        int high = count;
        if (high - low > CountedMaximum)
        {
            Narrow(heads, ref low, ref high, head);
        }

        return low + CountBelow(heads + low, high - low, head);
    }

    /// <summary>How many of the first heads, one after another, equal the given one.</summary>
    internal static int CountEqual(uint* heads, int count, uint head)
    {
        // Equal heads lie together, so bisection finds their end.
        int low = 0;
        int high = count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (heads[middle] == head)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    /// <summary>Reads up to 28 bytes beyond the last head; every page has that much behind its heads.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int CountBelow(uint* heads, int count, uint head)
    {
        Vector256<uint> wanted = Vector256.Create(head);
        int below = 0;
        int i = 0;
        for (; i + Vector256<uint>.Count <= count; i += Vector256<uint>.Count)
        {
            below += BitOperations.PopCount(Vector256.LessThan(Vector256.Load(heads + i), wanted).ExtractMostSignificantBits());
        }

        if (i < count)
        {
            uint mask = Vector256.LessThan(Vector256.Load(heads + i), wanted).ExtractMostSignificantBits();
            below += BitOperations.PopCount(mask & ((1u << (count - i)) - 1));
        }

        return below;
    }

    /// <summary>Leaves at most <see cref="CountedMaximum"/> heads between the bounds: those before are below the wanted one, those after are not.</summary>
    private static void Narrow(uint* heads, ref int low, ref int high, uint head)
    {
        uint first = heads[low];
        uint last = heads[high - 1];
        if (head > first && head < last)
        {
            int guess = low + (int)((double)(head - first) / (last - first) * (high - low));
            for (int i = 0; i < GuessesMaximum && high - low > CountedMaximum; i++)
            {
                int start = Math.Clamp(guess - (WindowHeads / 2), low, high - WindowHeads);
                if (heads[start] >= head)
                {
                    high = start;
                    guess = start - (WindowHeads << i);
                }
                else if (heads[start + WindowHeads - 1] < head)
                {
                    low = start + WindowHeads;
                    guess = low + (WindowHeads << i);
                }
                else
                {
                    low = start;
                    high = start + WindowHeads;
                    return;
                }
            }
        }

        while (high - low > CountedMaximum)
        {
            int middle = (low + high) >>> 1;
            if (heads[middle] < head)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }
    }
}
