namespace HarmonyDB.Raft.Tests.Cluster;

/// <summary>What a member's disk holds. Only flushed Readys get here, in order.</summary>
internal sealed class TestDisk
{
    public HardState HardState { get; set; }

    /// <summary>The entries from index 1.</summary>
    public List<Entry> Entries { get; } = [];

    /// <summary>What the state machine holds.</summary>
    public List<Entry> Applied { get; } = [];

    public void Write(Ready ready)
    {
        if (ready.HardState is { } hardState)
        {
            Assert.True(hardState.Term >= HardState.Term, "The term on disk fell.");
            Assert.True(hardState.Commit >= HardState.Commit, "The commit index on disk fell.");
            var sameTerm = hardState.Term == HardState.Term;
            Assert.True(!sameTerm || HardState.Vote.IsNone || hardState.Vote == HardState.Vote, "The vote on disk changed within a term.");
            HardState = hardState;
        }
        if (ready.Entries.Count > 0)
        {
            var first = ready.Entries[0].Index;
            Assert.True(first <= LastIndex.Next, $"Writing {first} leaves a gap after {LastIndex}.");
            Assert.True(first > HardState.Commit, $"Writing {first} replaces an entry that is committed up to {HardState.Commit}.");
            Entries.RemoveRange((int)first.Value - 1, Entries.Count - ((int)first.Value - 1));
            Entries.AddRange(ready.Entries);
        }
    }

    public LogIndex LastIndex => new((ulong)Entries.Count);

    public IReadOnlyList<Entry> Read(LogRead read)
    {
        var entries = new List<Entry>();
        var bytes = 0L;
        for (var index = read.From; index < read.ToExclusive && index <= LastIndex; index = index.Next)
        {
            var entry = Entries[(int)index.Value - 1];
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
        foreach (var entry in Entries)
        {
            if (boundaries.Count == 0 || boundaries[^1].Item2 != entry.Term)
            {
                boundaries.Add((entry.Index, entry.Term));
            }
            if (entry.Kind == EntryKind.Configuration)
            {
                configurations.Add((entry.Index, new TextConfigurationCodec().Decode(entry.Payload)));
            }
        }
        var newest = configurations[^1];
        var applied = new LogIndex((ulong)Applied.Count);
        return new RaftRestore(HardState, new LogIndex(1), LastIndex, boundaries, newest.Configuration, newest.Index, applied)
        {
            EarlierConfigurations = configurations[..^1],
        };
    }
}
