using HarmonyDB.Messages;
using HarmonyDB.Raft;
using HarmonyDB.Replication;

namespace HarmonyDB.Simulation;

/// <summary>
/// Who asks nodes to change members and leadership, and remembers what they said: each question is answered once, and a change that was said to be done is in
/// the agreed history, for good.
/// </summary>
internal sealed class Operators(ClusterSimulation simulation)
{
    private readonly Dictionary<(int Node, ulong Id), OperatorRequest> _waiting = [];
    private readonly List<(MemberChange Change, AnswerChangeEffect Answer)> _done = [];
    private ulong _lastId;

    /// <summary>Asks a node to change the members.</summary>
    public OperatorRequest Change(SimulatedNode node, MemberChange change)
    {
        OperatorRequest request = NewRequest(node, change, out ulong id);
        node.Tell(replica => replica.ProposeChange(id, change));
        return request;
    }

    /// <summary>Asks a node to hand leadership to a member; to none in particular, if that is none.</summary>
    public OperatorRequest Transfer(SimulatedNode node, MemberId target)
    {
        OperatorRequest request = NewRequest(node, null, out ulong id);
        node.Tell(replica => replica.TransferLeadership(id, target));
        return request;
    }

    /// <summary>A node answers.</summary>
    public void Answered(SimulatedNode node, AnswerChangeEffect answer)
    {
        if (!_waiting.Remove((node.Number, answer.ChangeId), out OperatorRequest? request))
        {
            throw new SimulationFailedException($"n{node.Number + 1} answers change {answer.ChangeId}, which it was not asked or has answered.");
        }

        request.Outcome = answer.Outcome;
        if (simulation.Trace.IsRecording)
        {
            simulation.Note(node.Number, $"{request.Change?.ToString() ?? "Transfer"}: {answer.Outcome}, member {answer.Member}");
        }

        if (answer.Outcome == ChangeOutcome.Done && request.Change is { } change)
        {
            _done.Add((change, answer));
        }
    }

    /// <summary>A process is gone: nobody can tell what becomes of what it was asked.</summary>
    public void ProcessEnded(SimulatedNode node)
    {
        if (_waiting.Count > 0)
        {
            foreach ((int Node, ulong Id) key in _waiting.Keys.Where(k => k.Node == node.Number).ToArray())
            {
                _waiting.Remove(key, out OperatorRequest? request);
                request!.Outcome = ChangeOutcome.Unknown;
            }
        }
    }

    /// <summary>The list of members that is configured on a node: the founders have theirs for good, for a newcomer it is written when it is started.</summary>
    public IReadOnlyList<NodeIdentity> MembersListedBy(SimulatedNode node)
    {
        if (!node.Folder.Joins)
        {
            return [.. simulation.Nodes.Take(simulation.Settings.Nodes).Select(n => Listed(NodeSettings.NameOf(n.Number), n.Address))];
        }

        string self = NodeSettings.NameOf(node.Number);
        IEnumerable<ClusterMember> members = simulation.Checks.CommittedLog.Configurations is [.., (_, ClusterConfiguration newest)]
            ? newest.Members.Where(m => m.IsBound && m.Name != self)
            : [];
        return [.. members.Select(m => Listed(m.Name, m.RaftAddress)).Append(Listed(self, node.Address))];
    }

    /// <summary>Everything is well and has been for a while: what was asked must have been answered, and what was done must have lasted.</summary>
    public void CheckAnswers()
    {
        foreach (((int node, ulong _), OperatorRequest request) in _waiting)
        {
            throw new SimulationFailedException($"n{node + 1} never answered: {request.Change?.ToString() ?? "Transfer"}.");
        }

        IReadOnlyList<(LogIndex Index, ClusterConfiguration Configuration)> agreed = simulation.Checks.CommittedLog.Configurations;
        foreach ((MemberChange change, AnswerChangeEffect answer) in _done)
        {
            byte[] told = answer.Configuration!.ToPayload();
            int since = Enumerable.Range(0, agreed.Count).FirstOrDefault(i => agreed[i].Configuration.ToPayload().AsSpan().SequenceEqual(told), -1);
            ClusterMember? member = answer.Configuration.Find(answer.Member);
            bool isDone = since >= 0 && change switch
            {
                AddMember add => member is not null && member.RaftAddress == add.RaftAddress,
                PromoteMember => member is { IsLearner: false },
                RemoveMember => agreed.Skip(since).All(c => c.Configuration.WasRemoved(answer.Member)),
                _ => true,
            };
            if (!isDone)
            {
                throw new SimulationFailedException($"{change} was said to be done for member {answer.Member}, but the agreed history has it not.");
            }
        }
    }

    private static NodeIdentity Listed(string name, string address) => new(name, address, [], default, 0, 0);

    private OperatorRequest NewRequest(SimulatedNode node, MemberChange? change, out ulong id)
    {
        id = ++_lastId;
        var request = new OperatorRequest(change);
        _waiting.Add((node.Number, id), request);
        return request;
    }
}

/// <summary>Something that a node was asked for by an operator.</summary>
/// <param name="change">The change of members; null for one of leadership.</param>
internal sealed class OperatorRequest(MemberChange? change)
{
    /// <summary>The change of members; null for one of leadership.</summary>
    public MemberChange? Change => change;

    /// <summary>What became of it; null while there is no answer.</summary>
    public ChangeOutcome? Outcome { get; set; }
}
