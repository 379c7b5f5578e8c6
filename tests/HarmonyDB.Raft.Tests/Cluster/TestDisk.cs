namespace HarmonyDB.Raft.Tests.Cluster;

/// <summary>What a member's disk holds. Only flushed Readys get here, in order.</summary>
internal sealed class TestDisk
{
    public HardState HardState { get; set; }

    /// <summary>The entries from <see cref="FirstIndex"/> on.</summary>
    public List<Entry> Entries { get; } = [];

    /// <summary>What the state machine holds: all entries from index 1, even those that came in a snapshot.</summary>
    public List<Entry> Applied { get; } = [];

    /// <summary>What the entries before the log amount to; null while the log is whole.</summary>
    public SnapshotMetadata? Snapshot { get; private set; }

    public LogIndex FirstIndex => Snapshot is null ? new LogIndex(1) : Snapshot.Index.Next;

    public LogIndex LastIndex => FirstIndex.Previous + (ulong)Entries.Count;

    /// <param name="ready">What to write.</param>
    /// <param name="states">The states that snapshots stand for.</param>
    public void Write(Ready ready, IReadOnlyDictionary<(LogIndex, Term), IReadOnlyList<Entry>> states)
    {
        if (ready.Snapshot is { } snapshot)
        {
            Assert.True(snapshot.Index > HardState.Commit, $"A snapshot of {snapshot.Index} takes back what is committed up to {HardState.Commit}.");
            Snapshot = snapshot;
            Entries.Clear();
            Applied.Clear();
            Applied.AddRange(states[(snapshot.Index, snapshot.Term)]);
        }
        if (ready.Entries.Count > 0)
        {
            var first = ready.Entries[0].Index;
            Assert.True(first >= FirstIndex && first <= LastIndex.Next, $"Writing {first} leaves a gap after {LastIndex}.");
            Assert.True(first > HardState.Commit, $"Writing {first} replaces an entry that is committed up to {HardState.Commit}.");
            TruncateFrom(first);
            Entries.AddRange(ready.Entries);
        }
        if (ready.HardState is { } hardState)
        {
            Assert.True(hardState.Term >= HardState.Term, "The term on disk fell.");
            Assert.True(hardState.Commit >= HardState.Commit, "The commit index on disk fell.");
            Assert.True(hardState.Commit <= LastIndex, $"R45: the commit index {hardState.Commit} on disk is ahead of the log, which ends at {LastIndex}.");
            var sameTerm = hardState.Term == HardState.Term;
            Assert.True(!sameTerm || HardState.Vote.IsNone || hardState.Vote == HardState.Vote, "The vote on disk changed within a term.");
            HardState = hardState;
        }
    }

    /// <summary>Discards the entries that a snapshot includes.</summary>
    public void Compact(SnapshotMetadata snapshot)
    {
        Entries.RemoveRange(0, (int)(snapshot.Index - FirstIndex.Previous));
        Snapshot = snapshot;
    }

    /// <summary>The entries from an index on are gone, as after a rotten disk was repaired.</summary>
    public void TruncateFrom(LogIndex index) => Entries.RemoveRange((int)(index - FirstIndex), (int)(LastIndex.Next - index));

    /// <summary>Everything is gone.</summary>
    public void Wipe()
    {
        HardState = default;
        Snapshot = null;
        Entries.Clear();
        Applied.Clear();
    }

    public IReadOnlyList<Entry> Read(LogRead read)
    {
        var entries = new List<Entry>();
        var bytes = 0L;
        for (var index = read.From; index >= FirstIndex && index < read.ToExclusive && index <= LastIndex; index = index.Next)
        {
            var entry = Entries[(int)(index - FirstIndex)];
            bytes += entry.SizeBytes;
            if (entries.Count > 0 && bytes > read.MaximumBytes)
            {
                break;
            }
            entries.Add(entry);
        }
        return entries;
    }

    public RaftRestore Restore(Configuration initial)
    {
        var boundaries = new List<(LogIndex, Term)>();
        var configurations = new List<(LogIndex Index, Configuration Configuration)> { (LogIndex.Zero, initial) };
        if (Snapshot is not null)
        {
            boundaries.Add((Snapshot.Index, Snapshot.Term));
            configurations[0] = (Snapshot.ConfigurationIndex, Snapshot.Configuration);
        }
        foreach (var entry in Entries)
        {
            if (boundaries.Count == 0 || boundaries[^1].Item2 != entry.Term)
            {
                boundaries.Add((entry.Index, entry.Term));
            }
            if (entry.Kind == EntryKind.Configuration)
            {
                configurations.Add((entry.Index, Configuration.Decode(new TextConfigurationCodec(), entry.Payload)));
            }
        }
        var newest = configurations[^1];
        var applied = new LogIndex((ulong)Applied.Count);
        return new RaftRestore(HardState, FirstIndex, LastIndex, boundaries, newest.Configuration, newest.Index, applied)
        {
            EarlierConfigurations = configurations[..^1],
        };
    }
}
