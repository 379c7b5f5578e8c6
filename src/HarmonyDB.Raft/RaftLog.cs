namespace HarmonyDB.Raft;

/// <summary>
/// The replicated log as this member has it: a tail of entries in memory, the terms of all entries, and how far it is handed to the disk,
/// durable and committed. Always: first - 1 &lt;= commit &lt;= last, durable &lt;= emitted &lt;= last.
/// </summary>
internal sealed class RaftLog
{
    private readonly TermBoundaries _terms = new();
    private readonly EntryTail _tail;
    private readonly long _maximumTailBytes;

    /// <summary>Starts from what is on disk.</summary>
    public RaftLog(RaftRestore restore, long maximumTailBytes)
    {
        Invariant.Check(restore.FirstIndex > LogIndex.Zero && restore.LastIndex >= restore.FirstIndex.Previous,
            $"The log on disk runs from {restore.FirstIndex} to {restore.LastIndex}.");
        // A commit or applied index beyond the log means that the disk lost entries it had flushed. Going on could lose a committed write, so
        // the member must not start; it can be replaced by one with a new identity (R41, R58).
        Invariant.Check(restore.HardState.Commit <= restore.LastIndex,
            $"Entries up to {restore.HardState.Commit} were committed, but the log ends at {restore.LastIndex}.");
        Invariant.Check(restore.Applied <= restore.LastIndex, $"Entries up to {restore.Applied} were applied, but the log ends at {restore.LastIndex}.");
        Invariant.Check(restore.Applied >= restore.FirstIndex.Previous,
            $"The log begins at {restore.FirstIndex}, beyond what comes after the applied index {restore.Applied}.");
        foreach (var (index, term) in restore.TermBoundaries)
        {
            _terms.Append(index, term);
        }
        // Without that term nothing could be compared at the start of the log, and a gap between a snapshot and the log would go unnoticed (R42, R48).
        Invariant.Check(restore.FirstIndex == new LogIndex(1) || _terms.TermAt(restore.FirstIndex.Previous) > Term.Zero,
            $"The log begins at {restore.FirstIndex}, but the term of the entry before it is not known.");
        _tail = new EntryTail(restore.LastIndex.Next);
        _maximumTailBytes = maximumTailBytes;
        FirstIndex = restore.FirstIndex;
        LastIndex = restore.LastIndex;
        EmittedIndex = restore.LastIndex;
        // Only committed entries are ever applied, and the commit index is saved lazily: the state machine may know better.
        Commit = LogIndex.Max(restore.HardState.Commit, restore.Applied);
        Durability = new Durability(restore.LastIndex, restore.HardState);
        Invariant.Check(LastTerm <= restore.HardState.Term, $"The log holds term {LastTerm}, beyond the saved term {restore.HardState.Term}.");
    }

    /// <summary>The first index that can be read.</summary>
    public LogIndex FirstIndex { get; private set; }

    /// <summary>The last index, durable or not.</summary>
    public LogIndex LastIndex { get; private set; }

    /// <summary>The term of the last entry.</summary>
    public Term LastTerm => _terms.TermAt(LastIndex);

    /// <summary>The last index known to be committed. Never falls.</summary>
    public LogIndex Commit { get; private set; }

    /// <summary>The last index handed to the host for writing.</summary>
    public LogIndex EmittedIndex { get; private set; }

    /// <summary>What the disk holds.</summary>
    public Durability Durability { get; }

    /// <summary>The last index that this member's own disk holds.</summary>
    public LogIndex DurableIndex => Durability.LastIndex;

    /// <summary>The first index held in memory; everything before it is durable.</summary>
    public LogIndex TailFirstIndex => _tail.FirstIndex;

    /// <summary>The bytes that wait for this member's disk.</summary>
    public long UndurableBytes { get; private set; }

    /// <summary>The bytes held in memory.</summary>
    public long TailBytes => _tail.SizeBytes;

    /// <summary>The term at an index of the log or at the one before it; false when it is not known here.</summary>
    public bool TryTermAt(LogIndex index, out Term term)
    {
        term = Term.Zero;
        if (index > LastIndex || index < FirstIndex.Previous)
        {
            return false;
        }
        term = _terms.TermAt(index);
        return term > Term.Zero || index == LogIndex.Zero;
    }

    /// <summary>Whether the log has an entry of this term at this index.</summary>
    public bool Matches(LogIndex index, Term term) => TryTermAt(index, out var own) && own == term;

    /// <summary>The highest index not beyond this one at which a log that has this term there may still agree with this log.</summary>
    public LogIndex HighestPossibleMatch(LogIndex index, Term term) => _terms.HighestAtOrBelow(LogIndex.Min(index, LastIndex), term);

    /// <summary>Whether a log that ends like this is at least as complete as this one (Raft paper, section 5.4.1).</summary>
    public bool IsUpToDate(LogIndex lastIndex, Term lastTerm) => lastTerm > LastTerm || (lastTerm == LastTerm && lastIndex >= LastIndex);

    /// <summary>Adds an entry at the end.</summary>
    public void Append(Entry entry)
    {
        Invariant.Check(entry.Index == LastIndex.Next, $"Entry {entry.Index} does not follow {LastIndex}.");
        _terms.Append(entry.Index, entry.Term);
        _tail.Append(entry);
        LastIndex = entry.Index;
        UndurableBytes += entry.SizeBytes;
        Evict();
    }

    /// <summary>Removes the entries from this index on, to be replaced. Committed entries are never removed.</summary>
    public void TruncateFrom(LogIndex index)
    {
        Invariant.Check(index > Commit && index <= LastIndex, $"Truncating from {index}, with commit {Commit} and last {LastIndex}.");
        for (var lost = LogIndex.Max(index, DurableIndex.Next); lost <= LastIndex; lost = lost.Next)
        {
            UndurableBytes -= _tail[lost].SizeBytes;
        }
        _tail.TruncateFrom(index);
        _terms.TruncateFrom(index);
        Durability.Truncated(index);
        LastIndex = index.Previous;
        EmittedIndex = LogIndex.Min(EmittedIndex, LastIndex);
    }

    /// <summary>Entries up to this index are gone from the disk. The term of the last of them is kept, to compare logs where this one begins.</summary>
    public void CompactTo(LogIndex index)
    {
        Invariant.Check(index <= Commit && index <= DurableIndex, $"Compacting to {index}, with commit {Commit} and durable {DurableIndex}.");
        if (index < FirstIndex)
        {
            return;
        }
        FirstIndex = index.Next;
        _terms.CompactTo(index);
        while (_tail.Count > 0 && _tail.FirstIndex < FirstIndex)
        {
            _tail.DropFirst();
        }
    }

    /// <summary>
    /// Replaces the whole log by what a snapshot includes (Raft paper, figure 13). Until the installation is durable the disk holds what it held, of which
    /// only what is committed still counts.
    /// </summary>
    public void Replace(LogIndex index, Term term)
    {
        Invariant.Check(index > Commit, $"A snapshot of {index} would take back what is committed up to {Commit}.");
        Durability.Truncated(Commit.Next);
        _terms.Replace(index, term);
        _tail.Restart(index.Next);
        FirstIndex = index.Next;
        LastIndex = index;
        EmittedIndex = index;
        Commit = index;
        UndurableBytes = 0;
    }

    /// <summary>Learns that entries up to this index are committed.</summary>
    public void CommitTo(LogIndex index)
    {
        Invariant.Check(index <= LastIndex, $"Commit {index} lies beyond the last entry {LastIndex}.");
        Commit = LogIndex.Max(Commit, index);
    }

    /// <summary>Hands over the entries not yet written.</summary>
    public IReadOnlyList<Entry> TakeUnwritten()
    {
        if (EmittedIndex == LastIndex)
        {
            return [];
        }
        var entries = _tail.Slice(EmittedIndex.Next, LastIndex.Next, long.MaxValue);
        EmittedIndex = LastIndex;
        return entries;
    }

    /// <summary>The host reports what is durable.</summary>
    public void Persisted(ulong readyNumber)
    {
        var before = DurableIndex;
        Durability.Persisted(readyNumber);
        // What a snapshot includes was never in the tail.
        for (var index = LogIndex.Max(before.Next, FirstIndex); index <= DurableIndex; index = index.Next)
        {
            UndurableBytes -= _tail[index].SizeBytes;
        }
        Invariant.Check(DurableIndex <= EmittedIndex, $"Entries up to {DurableIndex} are durable, but only those up to {EmittedIndex} were written.");
        Evict();
    }

    /// <summary>Entries held in memory, as many as fit.</summary>
    public IReadOnlyList<Entry> Slice(LogIndex from, LogIndex toExclusive, long maximumBytes) => _tail.Slice(from, toExclusive, maximumBytes);

    /// <summary>Checks entries that were read back from the disk against the terms that they must have.</summary>
    public void CheckRead(LogRead request, IReadOnlyList<Entry> entries)
    {
        for (var i = 0; i < entries.Count; i++)
        {
            var expected = request.From + (ulong)i;
            Invariant.Check(entries[i].Index == expected && expected < request.ToExclusive && Matches(expected, entries[i].Term),
                $"Reading {expected} gave entry {entries[i].Index} of term {entries[i].Term}.");
        }
    }

    // What is not durable stays, whatever the bound: it cannot be read back. Its own bounds are the leader's and the peers' limits on bytes under way.
    private void Evict()
    {
        while (_tail.SizeBytes > _maximumTailBytes && _tail.Count > 0 && _tail.FirstIndex <= DurableIndex)
        {
            _tail.DropFirst();
        }
    }
}
