namespace HarmonyDB.Raft;

/// <summary>
/// The term of every entry of the log, kept as the first index of each term. Terms change rarely, so this stays in memory whole, and neither
/// a vote nor a conflict ever has to read the log.
/// </summary>
internal sealed class TermBoundaries
{
    private readonly List<(LogIndex FirstIndex, Term Term)> _boundaries = [];

    /// <summary>Records that the entry after all before it has this term.</summary>
    public void Append(LogIndex index, Term term)
    {
        if (_boundaries.Count > 0)
        {
            var last = _boundaries[^1];
            Invariant.Check(index > last.FirstIndex && term >= last.Term, $"Entry {index} of term {term} follows term {last.Term} at {last.FirstIndex}.");
            if (term == last.Term)
            {
                return;
            }
        }
        _boundaries.Add((index, term));
    }

    /// <summary>Forgets the terms of all entries from this index on.</summary>
    public void TruncateFrom(LogIndex index)
    {
        while (_boundaries.Count > 0 && _boundaries[^1].FirstIndex >= index)
        {
            _boundaries.RemoveAt(_boundaries.Count - 1);
        }
    }

    /// <summary>Forgets what is not needed to know the terms from this index on.</summary>
    public void CompactTo(LogIndex index)
    {
        var position = PositionOf(index);
        if (position > 0)
        {
            _boundaries.RemoveRange(0, position);
        }
    }

    /// <summary>Forgets everything; the log now continues after an entry of this term.</summary>
    public void Replace(LogIndex index, Term term)
    {
        _boundaries.Clear();
        _boundaries.Add((index, term));
    }

    /// <summary>The term at an index within the log; <see cref="Term.Zero"/> before the first boundary.</summary>
    public Term TermAt(LogIndex index)
    {
        var position = PositionOf(index);
        return position < 0 ? Term.Zero : _boundaries[position].Term;
    }

    /// <summary>
    /// The highest index not beyond <paramref name="index"/> whose term is not above <paramref name="term"/>. Where two logs differ, every entry
    /// that this skips differs too, so one refusal skips whole terms (Raft paper, end of section 5.3).
    /// </summary>
    public LogIndex HighestAtOrBelow(LogIndex index, Term term)
    {
        for (var position = PositionOf(index); position >= 0 && _boundaries[position].Term > term; position--)
        {
            index = _boundaries[position].FirstIndex.Previous;
        }
        return index;
    }

    private int PositionOf(LogIndex index)
    {
        var low = 0;
        var high = _boundaries.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_boundaries[middle].FirstIndex <= index)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }
        return low - 1;
    }
}
