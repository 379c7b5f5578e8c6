using HarmonyDB.Raft;

namespace HarmonyDB.Model;

/// <summary>What one member's disk holds: the log, and the state machine, which is the entries that it was given.</summary>
internal sealed class MemberDisk
{
    private readonly List<Entry> _entries;
    private HardState _flushed;

    /// <summary>A disk with this on it, flushed.</summary>
    public MemberDisk(HardState hardState, IEnumerable<Entry> entries, Configuration initial)
    {
        HardState = hardState;
        _flushed = hardState;
        _entries = [.. entries];
        Initial = initial;
    }

    /// <summary>The configuration of a member with an empty log.</summary>
    public Configuration Initial { get; }

    /// <summary>The hard state last written.</summary>
    public HardState HardState { get; private set; }

    /// <summary>The entries, from index 1: those in the log, and before them those that only the state machine still holds.</summary>
    public IReadOnlyList<Entry> Entries => _entries;

    /// <summary>The first index in the log.</summary>
    public LogIndex FirstIndex { get; private set; } = new(1);

    /// <summary>The last index.</summary>
    public LogIndex LastIndex => new((ulong)_entries.Count);

    /// <summary>How far the state machine has come.</summary>
    public LogIndex Applied { get; set; }

    /// <summary>Whether a crash could lose something that was written without a flush.</summary>
    public bool HasUnflushed => _flushed != HardState || Applied > FirstIndex.Previous;

    /// <summary>Carries out one write.</summary>
    /// <exception cref="ModelViolationException">It takes back what was promised.</exception>
    public void Write(PendingWrite write)
    {
        if (write.Snapshot is { } snapshot)
        {
            ModelViolationException.ThrowIf(snapshot.Count < (int)HardState.Commit.Value, "a snapshot takes back what is committed");
            _entries.Clear();
            _entries.AddRange(snapshot);
            Applied = LastIndex;
            FirstIndex = LastIndex.Next;
        }
        if (write.HardState is { } hardState)
        {
            ModelViolationException.ThrowIf(hardState.Term < HardState.Term, "the term on disk falls");
            ModelViolationException.ThrowIf(hardState.Commit < HardState.Commit, "the commit index on disk falls");
            ModelViolationException.ThrowIf(
                hardState.Term == HardState.Term && !HardState.Vote.IsNone && hardState.Vote != HardState.Vote, "R25: the vote on disk changes within a term");
            HardState = hardState;
        }
        if (write.Entries.Count > 0)
        {
            var first = write.Entries[0].Index;
            ModelViolationException.ThrowIf(first > LastIndex.Next || first < FirstIndex, $"writing {first} into a log from {FirstIndex} to {LastIndex}");
            ModelViolationException.ThrowIf(first <= HardState.Commit, $"entry {first} is replaced on disk, though committed");
            _entries.RemoveRange((int)first.Value - 1, _entries.Count - ((int)first.Value - 1));
            _entries.AddRange(write.Entries);
        }
        ModelViolationException.ThrowIf(HardState.Commit > LastIndex, "R45: the commit index on disk lies beyond the log");
        if (write.MustFlush)
        {
            _flushed = HardState;
        }
    }

    /// <summary>Discards the log up to what the state machine holds, which is made durable first.</summary>
    public void Compact() => FirstIndex = Applied.Next;

    /// <summary>The power fails: what was written without a flush may or may not have reached the disk.</summary>
    public void Crash(bool keepsUnflushed)
    {
        if (keepsUnflushed)
        {
            _flushed = HardState;
            return;
        }
        HardState = _flushed;
        Applied = FirstIndex.Previous;
    }

    /// <summary>Entries that the core asks back.</summary>
    public IReadOnlyList<Entry> Read(LogRead read)
    {
        ModelViolationException.ThrowIf(read.From < FirstIndex, $"entry {read.From} is asked back, but the log begins at {FirstIndex}");
        var count = (int)(LogIndex.Min(read.ToExclusive, LastIndex.Next) - read.From);
        return _entries.GetRange((int)read.From.Value - 1, count);
    }

    /// <summary>What a member that starts finds.</summary>
    public RaftRestore Restore()
    {
        var boundaries = new List<(LogIndex, Term)>();
        var configurations = new List<(LogIndex Index, Configuration Configuration)> { (LogIndex.Zero, Initial) };
        foreach (var entry in _entries)
        {
            if (boundaries.Count == 0 || boundaries[^1].Item2 != entry.Term)
            {
                boundaries.Add((entry.Index, entry.Term));
            }
            if (entry.Kind == EntryKind.Configuration)
            {
                configurations.Add((entry.Index, Configuration.Decode(ModelConfigurationCodec.Instance, entry.Payload)));
            }
        }
        return new RaftRestore(HardState, FirstIndex, LastIndex, boundaries, configurations[^1].Configuration, configurations[^1].Index, Applied)
        {
            EarlierConfigurations = configurations[..^1],
        };
    }
}
