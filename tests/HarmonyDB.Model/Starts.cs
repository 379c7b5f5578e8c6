using HarmonyDB.Raft;

namespace HarmonyDB.Model;

/// <summary>The states in which an exploration can begin.</summary>
internal static class Starts
{
    private static readonly Configuration Everyone = Configuration.ForVoters(Enumerable.Range(1, ClusterState.Members).Select(id => new MemberId((ulong)id)));

    /// <summary>The names of all.</summary>
    public static IReadOnlyList<string> Names { get; } = ["blank", "elected", "diverged"];

    /// <summary>What a start means, for people.</summary>
    public static string Describe(string name) => name switch
    {
        "blank" => "nobody holds anything, and the time of 1 has run out",
        "elected" => "1 leads in term 1, and everyone has applied its first entry",
        "diverged" => "1 led in term 1 and 3 in term 2; both crashed before anyone else had their first entry",
        _ => throw new FormatException($"'{name}' is no start; there are {string.Join(", ", Names)}."),
    };

    /// <summary>The state of a start.</summary>
    public static ClusterState Create(string name, Cluster cluster, Bounds bounds)
    {
        var state = new ClusterState();
        for (var member = 0; member < ClusterState.Members; member++)
        {
            var id = new MemberId((ulong)member + 1);
            state.Member[member] = cluster.Members.Start(() => new Member(Options(id, bounds), Disk(name, id), bounds.SlowDisks));
        }
        state.Ledger = state.Ledger.WithLastTerm(Ledger.TermMaximum);
        if (name != "diverged")
        {
            // Where all are alike it does not matter whose time runs out first.
            Do(state, cluster, new ClusterAction(ClusterActionKind.Member, 0, new MemberAction(MemberActionKind.Tick, 0).Code));
        }
        if (name == "elected")
        {
            Settle(state, cluster);
        }
        var term = Enumerable.Range(0, ClusterState.Members).Max(member => (int)cluster.Members.View(state.Member[member]).Term.Value);
        state.Ledger = state.Ledger.WithLastTerm(Math.Min(term + bounds.Terms, Ledger.TermMaximum));
        return state;
    }

    // Long bounds on time in few steps: three heartbeats in an election timeout. One entry a message, so that any part of a log may arrive.
    private static RaftOptions Options(MemberId id, Bounds bounds) => new()
    {
        Id = id,
        ConfigurationCodec = ModelConfigurationCodec.Instance,
        HeartbeatInterval = TimeSpan.FromMilliseconds(100),
        ElectionTimeoutMinimum = TimeSpan.FromMilliseconds(300),
        ElectionTimeoutMaximum = TimeSpan.FromMilliseconds(600),
        MaximumAppendBytes = 1,
        MaximumInflightBytes = 3 * (Entry.OverheadBytes + 1),
        MaximumInflightAppends = 2,
        PreVote = bounds.PreVote,
        CheckQuorum = bounds.CheckQuorum,
    };

    private static MemberDisk Disk(string name, MemberId id)
    {
        if (name != "diverged")
        {
            return new MemberDisk(default, [], Everyone);
        }
        var vote = new MemberId(3);
        return id.Value switch
        {
            1 => new MemberDisk(new HardState(new Term(1), id, LogIndex.Zero), [Noop(1)], Everyone),
            2 => new MemberDisk(new HardState(new Term(2), vote, LogIndex.Zero), [], Everyone),
            _ => new MemberDisk(new HardState(new Term(2), vote, LogIndex.Zero), [Noop(2)], Everyone),
        };
    }

    private static Entry Noop(ulong term) => new(new LogIndex(1), new Term(term), EntryKind.Noop, ReadOnlyMemory<byte>.Empty);

    // Everything happens that can happen without anyone's clock or client.
    private static void Settle(ClusterState state, Cluster cluster)
    {
        var actions = new List<ClusterAction>();
        while (true)
        {
            cluster.CollectActions(state, actions);
            var next = actions.FindIndex(action => action.Kind == ClusterActionKind.Deliver
                || Cluster.MemberActionOf(action).Kind is MemberActionKind.Persist or MemberActionKind.Apply);
            if (next < 0)
            {
                return;
            }
            Do(state, cluster, actions[next]);
        }
    }

    private static void Do(ClusterState state, Cluster cluster, ClusterAction action) => state.CopyFrom(cluster.Apply(state, action)
        ?? throw new ModelViolationException(cluster.Violation ?? "the start lies beyond the bounds"));
}
