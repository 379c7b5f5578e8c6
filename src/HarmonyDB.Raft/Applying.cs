namespace HarmonyDB.Raft;

/// <summary>
/// Hands committed entries to the state machine: in order, each once, only when they are durable here too (R27), and never more bytes than the
/// state machine has fallen behind by allowance.
/// </summary>
internal sealed class Applying(RaftOptions options, RaftLog log, LogIndex applied)
{
    private readonly Queue<(LogIndex LastIndex, long Bytes)> _outstanding = new();
    private long _outstandingBytes;
    private IReadOnlyList<Entry> _readBack = [];
    private LogRead? _pendingRead;

    /// <summary>The last index that the host reported as applied.</summary>
    public LogIndex Applied { get; private set; } = applied;

    /// <summary>The last index handed out.</summary>
    public LogIndex HandedOut { get; private set; } = applied;

    private LogIndex Target => LogIndex.Min(log.Commit, log.DurableIndex);

    private bool HasRoom => HandedOut < Target && _outstandingBytes < options.MaximumApplyingBytes;

    private bool NextIsInMemory => HandedOut.Next >= log.TailFirstIndex;

    /// <summary>Whether entries can be handed out now.</summary>
    public bool HasEntries => HasRoom && (NextIsInMemory || _readBack.Count > 0);

    /// <summary>Whether entries have to be read back first.</summary>
    public bool NeedsRead => HasRoom && !HasEntries && _pendingRead is null;

    /// <summary>The next entries to apply.</summary>
    public IReadOnlyList<Entry> Take()
    {
        if (!HasEntries)
        {
            return [];
        }
        var entries = _readBack;
        _readBack = [];
        if (entries.Count == 0)
        {
            entries = log.Slice(HandedOut.Next, Target.Next, options.MaximumCommittedBytesPerReady);
        }
        Invariant.Check(entries[0].Index == HandedOut.Next, $"Applying {entries[0].Index} after {HandedOut}.");
        var bytes = 0L;
        foreach (var entry in entries)
        {
            bytes += entry.SizeBytes;
        }
        HandedOut = entries[^1].Index;
        _outstanding.Enqueue((HandedOut, bytes));
        _outstandingBytes += bytes;
        return entries;
    }

    /// <summary>Asks for the entries that are no longer in memory.</summary>
    public LogRead Read(ulong id)
    {
        var toExclusive = LogIndex.Min(log.TailFirstIndex, Target.Next);
        _pendingRead = new LogRead(id, HandedOut.Next, toExclusive, options.MaximumCommittedBytesPerReady, MemberId.None);
        return _pendingRead;
    }

    /// <summary>Entries were read back.</summary>
    public void EntriesRead(LogRead request, IReadOnlyList<Entry> entries)
    {
        if (_pendingRead?.Id != request.Id)
        {
            return;
        }
        // Committed entries do not change and are durable: not getting them means that the disk lost them.
        Invariant.Check(entries.Count > 0, $"Committed entries from {request.From} cannot be read back.");
        log.CheckRead(request, entries);
        _pendingRead = null;
        _readBack = entries;
    }

    /// <summary>A snapshot takes the place of everything up to here; what was handed out before it may still be reported.</summary>
    public void Replaced(LogIndex index)
    {
        HandedOut = index;
        _pendingRead = null;
        _readBack = [];
    }

    /// <summary>The state machine has applied up to here.</summary>
    public void AppliedTo(LogIndex index)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(index, Applied);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(index, HandedOut);
        Applied = index;
        while (_outstanding.TryPeek(out var batch) && batch.LastIndex <= index)
        {
            _outstandingBytes -= batch.Bytes;
            _outstanding.Dequeue();
        }
    }
}
