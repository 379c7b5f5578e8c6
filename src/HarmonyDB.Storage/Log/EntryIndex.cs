namespace HarmonyDB.Storage.Log;

/// <summary>Which entries the log has, of which terms, and in which segments: the same bookkeeping for replaying as for appending.</summary>
internal sealed class EntryIndex
{
    private readonly List<(ulong FirstIndex, ulong Term)> _terms = [];

    public List<Segment> Segments { get; } = [];

    /// <summary>Index before the first entry.</summary>
    public ulong BaseIndex { get; private set; }

    /// <summary>Term of the entry at <see cref="BaseIndex"/>, 0 when there never was one.</summary>
    public ulong BaseTerm { get; private set; }

    public ulong LastIndex { get; private set; }

    public ulong LastTerm => TermAt(LastIndex);

    public (ulong FirstIndex, ulong Term)[] TermBoundaries => [.. _terms];

    public void Reset(ulong baseIndex, ulong baseTerm)
    {
        BaseIndex = baseIndex;
        BaseTerm = baseTerm;
        LastIndex = baseIndex;
        _terms.Clear();
    }

    public void Add(Segment segment, ulong index, ulong term, long offset, int bytes)
    {
        if (_terms.Count == 0 || _terms[^1].Term != term)
        {
            _terms.Add((index, term));
        }

        segment.AddEntry(index, offset, bytes);
        LastIndex = index;
    }

    public void TruncateSuffix(ulong lastIndexKept, ulong termOfLastKept)
    {
        if (lastIndexKept < BaseIndex)
        {
            // Segments before were removed after this cut was flushed, so the header of the first one left names an entry that the cut removed.
            Reset(lastIndexKept, termOfLastKept);
        }

        foreach (var segment in Segments)
        {
            segment.TruncateSuffix(lastIndexKept);
        }

        while (_terms.Count > 0 && _terms[^1].FirstIndex > lastIndexKept)
        {
            _terms.RemoveAt(_terms.Count - 1);
        }

        LastIndex = lastIndexKept;
    }

    /// <summary>Forgets the oldest segment and its entries.</summary>
    public void RemoveFirstSegment()
    {
        var segment = Segments[0];
        Segments.RemoveAt(0);
        if (segment.EntryCount == 0)
        {
            return;
        }

        var lastRemoved = segment.FirstEntry + (ulong)segment.EntryCount - 1;
        BaseTerm = TermAt(lastRemoved);
        BaseIndex = lastRemoved;
        var current = _terms.FindLastIndex(boundary => boundary.FirstIndex <= BaseIndex + 1);
        _terms.RemoveRange(0, Math.Max(0, current));
        if (LastIndex == BaseIndex)
        {
            _terms.Clear();
        }
        else if (_terms[0].FirstIndex <= BaseIndex)
        {
            _terms[0] = (BaseIndex + 1, _terms[0].Term);
        }
    }

    public ulong TermAt(ulong index)
    {
        if (index <= BaseIndex)
        {
            return index == BaseIndex ? BaseTerm : 0;
        }

        var boundary = _terms.Count - 1;
        while (_terms[boundary].FirstIndex > index)
        {
            boundary--;
        }

        return _terms[boundary].Term;
    }

    /// <summary>The segment that holds an entry of the log.</summary>
    public Segment SegmentOf(ulong index)
    {
        var segment = Segments.Count - 1;
        while (Segments[segment].EntryCount == 0 || Segments[segment].FirstEntry > index)
        {
            segment--;
        }

        return Segments[segment];
    }
}
