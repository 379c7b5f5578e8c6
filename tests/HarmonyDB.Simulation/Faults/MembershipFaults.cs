using Google.Protobuf;
using HarmonyDB.Messages;
using HarmonyDB.Raft;
using HarmonyDB.Replication;

namespace HarmonyDB.Simulation;

/// <summary>What operators do to a cluster at the worst of times: leadership handed over, voters made learners and back, several at once.</summary>
internal sealed class MembershipFaults(ClusterSimulation simulation, SimulatedRandom random)
{
    private ulong _lastChange;

    /// <summary>Lets one happen, if there is a leader that takes it.</summary>
    public void Strike(FaultKind kind)
    {
        SimulatedNode? leader = simulation.Nodes.FirstOrDefault(n => !n.IsPaused && simulation.IsLeader(n.Number));

        if (leader is null)
        {
            return;
        }

        bool isTaken = kind == FaultKind.Transfer ? leader.Tell(Transfer) : leader.Tell(replica => Change(kind, replica));
        if (isTaken)
        {
            simulation.Faults.Count(kind);
        }
    }

    /// <summary>Whether the cluster can do without a node for ever, whichever of its configurations turns out to be the one in force.</summary>
    public bool CanLose(SimulatedNode node) => simulation.Nodes.All(n => n.Raft is not { } raft || HasQuorum(raft.Configuration, n.Replica!, node));

    private bool Transfer(Replica replica)
    {
        MemberId target = random.Chance(300) ? MemberId.None : random.Pick(replica.Node!.Configuration.Members);
        return replica.TransferLeadership(++_lastChange, target);
    }

    private bool Change(FaultKind kind, Replica replica)
    {
        RaftNode raft = replica.Node!;
        if (raft.Configuration.IsJoint)
        {
            return false;
        }

        ClusterConfigurationMessage target = ClusterConfiguration.Parse(raft.Configuration.Payload.Span).ToMessage().Clone();
        ClusterMemberMessage[] members = [.. target.Members.Where(m => kind switch
        {
            FaultKind.Demotion => !m.IsLearner,
            FaultKind.Promotion => m.IsLearner,
            _ => true,
        })];
        random.Shuffle(members);
        int count = kind == FaultKind.JointChange ? 2 + random.Next(3) : 1;
        foreach (ClusterMemberMessage member in members.Take(count))
        {
            member.IsLearner = !member.IsLearner;
        }

        if (target.Members.All(m => m.IsLearner))
        {
            return false;
        }

        byte[] payload = target.ToByteArray();
        bool isPossible = HasQuorum(Raft.Configuration.Decode(raft.Options.ConfigurationCodec, payload), replica, null);
        return isPossible && replica.ProposeMembers(++_lastChange, ClusterConfiguration.Parse(payload));
    }

    private bool HasQuorum(Raft.Configuration configuration, Replica replica, SimulatedNode? without)
    {
        ClusterConfiguration? known = replica.View.Configuration;
        bool Remains(MemberId id) =>
            known?.Find(id) is { } member && simulation.NumberAt(member.RaftAddress) is >= 0 and var number
            && !simulation.Nodes[number].IsLost && number != without?.Number;
        return configuration.Voters.Count(Remains) > configuration.Voters.Length / 2
            && (!configuration.IsJoint || configuration.VotersOutgoing.Count(Remains) > configuration.VotersOutgoing.Length / 2);
    }
}
