using HarmonyDB.Messages;
using HarmonyDB.Raft;
using HarmonyDB.Storage.Files;

namespace HarmonyDB.Simulation;

/// <summary>
/// A cluster, its network, its clients and its misfortunes in one thread and in simulated time: one seed, one run, the same every time. First a
/// while with faults; then everything is mended, and the cluster must find a leader, answer every client and become equal.
/// </summary>
internal sealed class ClusterSimulation : IDisposable
{
    private const int ElectionTimeoutsUntilLeader = 10;
    private const long SettleTicksMaximum = 30 * TimeSpan.TicksPerSecond;

    private readonly EventQueue _events = new();
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly FaultSchedule _faultSchedule;

    /// <summary>Prepares a seed.</summary>
    public ClusterSimulation(SeedSettings settings, Trace trace)
    {
        Settings = settings;
        Trace = trace;
        var random = new SimulatedRandom(settings.Seed);
        Checks = new ClusterChecks(this);
        Quorums = new Quorums(this);
        Operators = new Operators(this);
        Network = new SimulatedNetwork(this, settings.Network, random.Fork(), settings.Nodes + settings.Spares);
        Load = new ClientLoad(this, random.Fork());
        _faultSchedule = new FaultSchedule(this, random.Fork());
        var nodes = new SimulatedNode[settings.Nodes + settings.Spares];
        for (int i = 0; i < nodes.Length; i++)
        {
            nodes[i] = new SimulatedNode(this, i, random.Fork());
            _numbers.Add(NodeSettings.AddressOf(i), i);
        }

        Nodes = nodes;
        foreach (SimulatedNode node in NodesInUse)
        {
            node.StartIn(random.Ticks(0, 50));
        }
    }

    /// <summary>What distinguishes this seed.</summary>
    public SeedSettings Settings { get; }

    /// <summary>What happened.</summary>
    public Trace Trace { get; }

    /// <summary>What must hold at every step.</summary>
    public ClusterChecks Checks { get; }

    /// <summary>The links.</summary>
    public SimulatedNetwork Network { get; }

    /// <summary>The clients.</summary>
    public ClientLoad Load { get; }

    /// <summary>What the cluster can do without.</summary>
    public Quorums Quorums { get; }

    /// <summary>Who changes members and leadership.</summary>
    public Operators Operators { get; }

    /// <summary>The nodes, those that nobody has set up among them.</summary>
    public IReadOnlyList<SimulatedNode> Nodes { get; }

    /// <summary>The nodes that were set up, in the same order.</summary>
    public IReadOnlyList<SimulatedNode> NodesInUse => [.. Nodes.Where(n => n.Folder.IsInUse)];

    /// <summary>How often each fault struck.</summary>
    public FaultCounters Faults { get; } = new();

    /// <summary>How many processes ended.</summary>
    public int CrashCount { get; set; }

    /// <summary>Now, in ticks of simulated time.</summary>
    public long Now { get; private set; }

    /// <summary>Whether nothing starts any more.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Address space of one file on a simulated disk.</summary>
    public long DiskFileBytesMaximum { get; } = 8 << 20;

    /// <summary>Adds an event.</summary>
    public void Schedule(in SimulatedEvent scheduled) => _events.Add(scheduled);

    /// <summary>The node at an address; -1 for none.</summary>
    public int NumberAt(string address) => _numbers.GetValueOrDefault(address, -1);

    /// <summary>Whether a node takes itself for the leader.</summary>
    public bool IsLeader(int number) => Nodes[number].Raft?.Role == Role.Leader;

    /// <summary>Adds a line to the trace.</summary>
    public void Note(int node, string text)
    {
        if (Trace.IsRecording)
        {
            Trace.Note(Now, node, text);
        }
    }

    /// <summary>Runs it.</summary>
    /// <exception cref="SimulationFailedException">Something was found.</exception>
    public SeedResult Run()
    {
        Load.Begin();
        _faultSchedule.Begin();
        RunUntil(Settings.DurationTicks);
        Heal();
        AwaitLeader();
        AwaitEqualReplicas();
        HistoryChecks.Check(Load.History, Checks.CommittedLog);
        Operators.CheckAnswers();
        Finish();
        return new SeedResult(
            Now, Load.History.Count, Load.DoneCount, Checks.ElectionCount, CrashCount, Network.Sent, Checks.StepCount, Checks.StateCount, Trace.Hash, Faults);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (SimulatedNode node in Nodes)
        {
            node.Dispose();
        }
    }

    private bool RunUntil(long end, Func<bool>? condition = null)
    {
        while (_events.TryTake(out SimulatedEvent next))
        {
            if (next.Time > end)
            {
                Now = end;
                _events.Add(next);
                return false;
            }

            Now = next.Time;
            Trace.Add(Now, next.Kind, next.Node, next.Argument);
            Happen(next);
            if (condition is not null && condition())
            {
                return true;
            }
        }

        throw new SimulationFailedException("Nothing will ever happen again.");
    }

    private void Happen(in SimulatedEvent next)
    {
        if (next.Node >= 0)
        {
            Nodes[next.Node].Handle(next);
        }
        else if (next.Kind is EventKind.NextFault or EventKind.FaultStep)
        {
            _faultSchedule.Handle(next);
        }
        else
        {
            Load.Handle(next);
        }
    }

    private void Heal()
    {
        Note(-1, "The faults end.");
        _faultSchedule.End();
        Network.Heal();
        foreach (SimulatedNode node in NodesInUse)
        {
            node.Speed.Reset();
            node.ClearPowerCut();
            node.Clock.SetRate(Now, 1000);
            node.ClockChanged();
            node.Wake();
            if (node.IsUp && node.Folder is { Joins: true, IsBlank: true })
            {
                // Whom it was told to ask may be no member any more.
                node.Crash(CrashKind.ProcessKilled);
            }

            if (!node.IsUp)
            {
                node.StartIn(0);
            }
        }
    }

    // D2: a leader that can commit, within ten election timeouts from when everything is well.
    private void AwaitLeader()
    {
        long timeouts = ElectionTimeoutsUntilLeader * Settings.Raft.ElectionTimeoutMaximum.Ticks;
        if (!RunUntil(Now + timeouts, () => Nodes.Any(n => n.Raft is { Role: Role.Leader } raft && raft.Log.Matches(raft.Commit, raft.Term))))
        {
            throw new SimulationFailedException($"No leader {ElectionTimeoutsUntilLeader} election timeouts after the faults ended.");
        }
    }

    private void AwaitEqualReplicas()
    {
        Load.Stop();
        for (int key = 0; key < Settings.Load.Keys; key++)
        {
            Load.Submit(OperationKind.Get, key, NodesInUse[key % NodesInUse.Count].Number, long.MaxValue);
        }

        Load.Submit(OperationKind.Swap, 0, 0, long.MaxValue);
        if (!RunUntil(Now + SettleTicksMaximum, () => Load.PendingCount == 0 && AreEqual()))
        {
            string states = string.Join("; ", NodesInUse.Select(
                n => $"n{n.Number + 1} {(n.Raft is { } r ? $"member {r.Id} {r.Role} {r.Term} last {r.LastIndex} commit {r.Commit} applied {r.Applied}" : n.IsUp ? "blank" : "down")}"));
            ClusterConfiguration? members = FindLeader()?.Replica!.View.Configuration;
            throw new SimulationFailedException(
                $"{Load.PendingCount} operations wait and the replicas are not equal long after the faults ended: {states}; members: {members?.ToMessage()}.");
        }
    }

    // Every member whose folder is there has joined, caught up and got the vote it was to have.
    private bool AreEqual()
    {
        if (FindLeader() is not { } leader || leader.Raft!.ConfigurationIndex > leader.Raft.Commit || leader.Raft.Configuration.IsJoint)
        {
            return false;
        }

        ClusterConfiguration members = leader.Replica!.View.Configuration!;
        foreach (ClusterMember member in members.Members)
        {
            if (Quorums.HolderOf(member) is { } node)
            {
                if (member.WantsVote || node.Raft?.Applied != leader.Raft.LastIndex)
                {
                    return false;
                }
            }
            else if (!member.IsBound && Nodes[NumberAt(member.RaftAddress)].Folder is { Joins: true, IsBlank: true })
            {
                return false;
            }
        }

        return true;
    }

    private SimulatedNode? FindLeader() => Nodes.Where(n => IsLeader(n.Number)).MaxBy(n => n.Raft!.Term.Value);

    private void Finish()
    {
        IsOver = true;
        ulong? hash = null;
        foreach (SimulatedNode node in FindLeader()!.Replica!.View.Configuration!.Members.Select(Quorums.HolderOf).OfType<SimulatedNode>().ToArray())
        {
            Checks.WholeStore(node, node.Files!);
            hash ??= node.Files!.Keyspace.StateHash.Value;
            if (node.Files!.Keyspace.StateHash.Value != hash)
            {
                throw new SimulationFailedException($"The state of n{node.Number + 1} is not that of the others in the end.");
            }

            node.StopAndReopen();
        }
    }
}
