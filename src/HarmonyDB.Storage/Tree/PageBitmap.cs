using System.Numerics;

namespace HarmonyDB.Storage.Tree;

/// <summary>A set of page numbers, one bit each.</summary>
internal sealed class PageBitmap
{
    /// <summary>How far from the lowest page to look for neighbours: 64 MiB of pages of 4 KiB.</summary>
    private const ulong NeighbourhoodPages = 16384;

    private ulong[] _words = new ulong[16];
    private int _lowestWord;

    internal long Count { get; private set; }

    internal bool Contains(ulong page) => page >> 6 < (ulong)_words.Length && (_words[page >> 6] & (1UL << (int)(page & 63))) != 0;

    /// <returns>False if it was in the set already.</returns>
    internal bool Add(ulong page)
    {
        int word = checked((int)(page >> 6));
        if (word >= _words.Length)
        {
            Array.Resize(ref _words, Math.Max(word + 1, 2 * _words.Length));
        }

        ulong bit = 1UL << (int)(page & 63);
        if ((_words[word] & bit) != 0)
        {
            return false;
        }

        _words[word] |= bit;
        _lowestWord = Math.Min(_lowestWord, word);
        Count++;
        return true;
    }

    /// <returns>False if it was not in the set.</returns>
    internal bool Remove(ulong page)
    {
        if (!Contains(page))
        {
            return false;
        }

        _words[page >> 6] &= ~(1UL << (int)(page & 63));
        Count--;
        return true;
    }

    internal void AddAll(PageBitmap other)
    {
        foreach (ulong page in other)
        {
            Add(page);
        }
    }

    internal void Clear()
    {
        if (Count > 0)
        {
            Array.Clear(_words);
            Count = 0;
        }

        _lowestWord = _words.Length;
    }

    internal PageBitmap Clone() => new() { _words = (ulong[])_words.Clone(), _lowestWord = _lowestWord, Count = Count };

    /// <summary>The lowest page in the set.</summary>
    internal bool TryGetLowest(out ulong page)
    {
        foreach (ulong lowest in this)
        {
            page = lowest;
            return true;
        }

        page = 0;
        return false;
    }

    /// <summary>The highest page in the set.</summary>
    internal bool TryGetHighest(out ulong page)
    {
        for (int i = _words.Length - 1; i >= 0 && Count > 0; i--)
        {
            if (_words[i] != 0)
            {
                page = ((ulong)i << 6) + 63 - (ulong)BitOperations.LeadingZeroCount(_words[i]);
                return true;
            }
        }

        page = 0;
        return false;
    }

    /// <summary>64 pages at once, as bits.</summary>
    internal ulong Word(int index) => index < _words.Length ? _words[index] : 0;

    /// <summary>Adds up to 64 pages at once, as bits; those that are there already stay.</summary>
    internal void AddWord(int index, ulong bits)
    {
        if (bits == 0)
        {
            return;
        }

        if (index >= _words.Length)
        {
            Array.Resize(ref _words, Math.Max(index + 1, 2 * _words.Length));
        }

        Count += BitOperations.PopCount(bits & ~_words[index]);
        _words[index] |= bits;
        _lowestWord = Math.Min(_lowestWord, index);
    }

    /// <summary>Takes out the lowest page.</summary>
    internal bool TryTakeLowest(out ulong page)
    {
        for (int i = _lowestWord; i < _words.Length && Count > 0; i++)
        {
            ulong word = _words[i];
            if (word != 0)
            {
                _lowestWord = i;
                page = ((ulong)i << 6) + (ulong)BitOperations.TrailingZeroCount(word);
                _words[i] = word & (word - 1);
                Count--;
                return true;
            }
        }

        _lowestWord = Count == 0 ? _words.Length : _lowestWord;
        page = 0;
        return false;
    }

    /// <summary>Takes out neighbours: the lowest run that is long enough, or the longest there is, among the lowest pages.</summary>
    /// <param name="wanted">How many pages would be best, at least 1.</param>
    /// <param name="first">The first page.</param>
    /// <returns>How many pages were taken, at most as many as wanted; 0 if there is none.</returns>
    internal int TakeNeighbours(int wanted, out ulong first)
    {
        first = 0;
        int best = 0;
        ulong start = 0;
        ulong next = 0;
        ulong end = ulong.MaxValue;
        foreach (ulong page in this)
        {
            if (page != next)
            {
                start = page;
            }

            next = page + 1;
            end = Math.Min(end, page + NeighbourhoodPages);
            if (next - start > (ulong)best)
            {
                best = (int)(next - start);
                first = start;
            }

            if (best == wanted || next >= end)
            {
                break;
            }
        }

        for (ulong i = first; i < first + (ulong)best; i++)
        {
            Remove(i);
        }

        return best;
    }

    /// <summary>Takes out the lowest run of consecutive pages.</summary>
    internal bool TryTakeRun(int length, out ulong first)
    {
        ulong start = 0;
        ulong next = 0;
        foreach (ulong page in this)
        {
            if (page != next)
            {
                start = page;
            }

            next = page + 1;
            if (next - start == (ulong)length)
            {
                for (ulong i = start; i < next; i++)
                {
                    Remove(i);
                }

                first = start;
                return true;
            }
        }

        first = 0;
        return false;
    }

    /// <summary>Enumerates the pages in ascending order; the set may not change meanwhile.</summary>
    public Enumerator GetEnumerator() => new(_words, Math.Min(_lowestWord, _words.Length));

    internal struct Enumerator
    {
        private readonly ulong[] _words;
        private int _index;
        private ulong _word;

        internal Enumerator(ulong[] words, int index)
        {
            _words = words;
            _index = index;
            _word = index < words.Length ? words[index] : 0;
        }

        public ulong Current { get; private set; }

        public bool MoveNext()
        {
            while (_word == 0)
            {
                if (++_index >= _words.Length)
                {
                    return false;
                }

                _word = _words[_index];
            }

            Current = ((ulong)_index << 6) + (ulong)BitOperations.TrailingZeroCount(_word);
            _word &= _word - 1;
            return true;
        }
    }
}
