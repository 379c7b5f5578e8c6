using HarmonyDB.Raft;

namespace HarmonyDB.Model;

/// <summary>What one member's disk holds.</summary>
internal sealed class MemberDisk
{
    private readonly List<Entry> _entries;
    private readonly Configuration _initial;
    private HardState _flushed;

    /// <summary>A disk with this on it, flushed.</summary>
    public MemberDisk(HardState hardState, IEnumerable<Entry> entries, Configuration initial)
    {
        HardState = hardState;
        _flushed = hardState;
        _entries = [.. entries];
        _initial = initial;
    }

    /// <summary>The hard state last written.</summary>
    public HardState HardState { get; private set; }

    /// <summary>The entries, from index 1.</summary>
    public IReadOnlyList<Entry> Entries => _entries;

    /// <summary>The last index.</summary>
    public LogIndex LastIndex => new((ulong)_entries.Count);

    /// <summary>How far the state machine has come.</summary>
    public LogIndex Applied { get; set; }

    /// <summary>Whether a crash could lose something that was written without a flush.</summary>
    public bool HasUnflushed => _flushed != HardState || Applied > LogIndex.Zero;

    /// <summary>Carries out one write.</summary>
    /// <exception cref="ModelViolationException">It takes back what was promised.</exception>
    public void Write(HardState? written, IReadOnlyList<Entry> entries, bool isFlushed)
    {
        if (written is { } hardState)
        {
            ModelViolationException.ThrowIf(hardState.Term < HardState.Term, "the term on disk falls");
            ModelViolationException.ThrowIf(hardState.Commit < HardState.Commit, "the commit index on disk falls");
            ModelViolationException.ThrowIf(
                hardState.Term == HardState.Term && !HardState.Vote.IsNone && hardState.Vote != HardState.Vote, "R25: the vote on disk changes within a term");
            HardState = hardState;
        }
        if (entries.Count > 0)
        {
            var first = entries[0].Index;
            ModelViolationException.ThrowIf(first > LastIndex.Next, "the log on disk has a gap");
            ModelViolationException.ThrowIf(first <= HardState.Commit, $"entry {first} is replaced on disk, though committed");
            _entries.RemoveRange((int)first.Value - 1, _entries.Count - ((int)first.Value - 1));
            _entries.AddRange(entries);
        }
        if (isFlushed)
        {
            _flushed = HardState;
        }
    }

    /// <summary>The power fails: what was written without a flush may or may not have reached the disk.</summary>
    public void Crash(bool keepsUnflushed)
    {
        if (keepsUnflushed)
        {
            _flushed = HardState;
            return;
        }
        HardState = _flushed;
        Applied = LogIndex.Zero;
    }

    /// <summary>Entries that the core asks back.</summary>
    public IReadOnlyList<Entry> Read(LogRead read)
    {
        var count = (int)(LogIndex.Min(read.ToExclusive, LastIndex.Next) - read.From);
        return _entries.GetRange((int)read.From.Value - 1, count);
    }

    /// <summary>What a member that starts finds.</summary>
    public RaftRestore Restore()
    {
        var boundaries = new List<(LogIndex, Term)>();
        foreach (var entry in _entries)
        {
            if (boundaries.Count == 0 || boundaries[^1].Item2 != entry.Term)
            {
                boundaries.Add((entry.Index, entry.Term));
            }
        }
        return new RaftRestore(HardState, new LogIndex(1), LastIndex, boundaries, _initial, LogIndex.Zero, Applied);
    }
}
