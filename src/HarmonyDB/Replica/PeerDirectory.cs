using HarmonyDB.Messages;
using HarmonyDB.Raft;

namespace HarmonyDB.Replication;

/// <summary>
/// Where members are reached, those among them that left or are not in yet by this node's own configuration: they have to be answered, too (R5, R6). And
/// which messages do not belong here (R61). Pure and bounded.
/// </summary>
internal sealed class PeerDirectory
{
    private const int AddressesMaximum = 1024;
    private const int RefusalsMaximum = 64;

    private readonly Dictionary<MemberId, string> _addresses = [];
    private readonly HashSet<string> _refused = [];

    /// <summary>Takes the addresses of a configuration.</summary>
    public void Remember(ClusterConfiguration? configuration)
    {
        foreach (ClusterMember member in configuration?.Members ?? [])
        {
            _addresses[member.Id] = member.RaftAddress;
        }
    }

    /// <summary>The last known address of a member, or null.</summary>
    public string? Find(MemberId member) => _addresses.GetValueOrDefault(member);

    /// <summary>
    /// Whether a message is for this member of this cluster. The sender need not be in this member's configuration: its own may be newer.
    /// </summary>
    /// <param name="self">Who this node is.</param>
    /// <param name="configuration">The configuration in force.</param>
    /// <param name="clusterId">The cluster that the message names.</param>
    /// <param name="sender">Who sent it.</param>
    /// <param name="receiver">Whom it is for.</param>
    /// <param name="address">Where it came from, if the host knows.</param>
    /// <param name="refusal">What to tell an operator, if it does not belong here and that is news.</param>
    public bool Admits(
        NodeIdentity self, ClusterConfiguration? configuration, ulong clusterId, MemberId sender, MemberId receiver, string? address, out string? refusal)
    {
        string? wrong = clusterId != self.ClusterId ? $"cluster {clusterId:x16} (this node is of {self.ClusterId:x16})"
            : receiver.Value != self.MemberId ? $"a sender that takes this node for member {receiver} (it is {self.MemberId:x})"
            : null;
        if (wrong is null && address is not null && _addresses.Count < AddressesMaximum && configuration?.Find(sender) is null)
        {
            _addresses[sender] = address;
        }

        // A sender that makes up ids gets no memory for them.
        refusal = wrong is not null && _refused.Count < RefusalsMaximum && _refused.Add(wrong)
            ? $"Refusing messages of {wrong}. Check the configured addresses and data folders."
            : null;
        return wrong is null;
    }
}
