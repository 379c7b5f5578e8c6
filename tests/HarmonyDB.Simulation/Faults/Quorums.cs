using Google.Protobuf.Collections;
using HarmonyDB.Messages;

namespace HarmonyDB.Simulation;

/// <summary>
/// What a cluster can do without. Nodes whose folder is lost never come back as the members that they were; the simulator takes no more than the cluster can
/// bear, whichever of its configurations turns out to be the one in force.
/// </summary>
internal sealed class Quorums(ClusterSimulation simulation)
{
    /// <summary>Whether the cluster can do for ever without the folder that a node has now.</summary>
    public bool CanLose(SimulatedNode node)
    {
        IReadOnlyList<(Raft.LogIndex Index, ClusterConfiguration Configuration)> agreed = simulation.Checks.CommittedLog.Configurations;
        ulong since = agreed.Count > 0 ? agreed[^1].Index.Value : 0;
        return agreed.All(c => c.Index.Value < since || Remains(c.Configuration, node))
            && simulation.Nodes.SelectMany(n => n.Record.Configurations).Where(c => c.Index >= since)
                .All(c => Remains(ClusterConfiguration.Parse(c.Configuration.Payload.Span), node));
    }

    /// <summary>Whether a quorum of a configuration has its folders, and will have it when those have a vote that are to get one.</summary>
    public bool Remains(ClusterConfiguration configuration, SimulatedNode? without = null)
    {
        ClusterConfigurationMessage message = configuration.ToMessage();
        return IsMajority(message.Members, without, promotesTheLost: false) && IsMajority(message.Members, without, promotesTheLost: true)
            && (message.Outgoing.Count == 0 || IsMajority(message.Outgoing, without, promotesTheLost: false));
    }

    /// <summary>The node that has the folder of a member; null if it is lost, or not bound yet.</summary>
    public SimulatedNode? HolderOf(ClusterMember member)
    {
        foreach (SimulatedNode node in simulation.Nodes)
        {
            if (member.IsBound && Has(node, member.BirthId, member.Id.Value))
            {
                return node;
            }
        }

        return null;
    }

    // A folder that was given to another member than the one that is bound to it came too late, and is no member at all.
    private static bool Has(SimulatedNode node, Guid birthId, ulong memberId) =>
        node.Folder.BirthId == birthId && (node.Folder.IsBlank || node.Folder.MemberId == memberId);

    private bool IsMajority(RepeatedField<ClusterMemberMessage> members, SimulatedNode? without, bool promotesTheLost)
    {
        int voters = 0;
        int remaining = 0;
        foreach (ClusterMemberMessage member in members)
        {
            var birthId = new Guid(member.BirthId.Span, bigEndian: true);
            bool remains = birthId != default && simulation.Nodes.Any(n => n != without && Has(n, birthId, member.MemberId));
            if (!member.IsLearner || (promotesTheLost && member.WantsVote && birthId != default && !remains))
            {
                voters++;
                remaining += remains ? 1 : 0;
            }
        }

        return remaining > voters / 2;
    }
}
