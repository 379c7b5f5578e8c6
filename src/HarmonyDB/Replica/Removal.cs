using HarmonyDB.Messages;
using HarmonyDB.Raft;

namespace HarmonyDB.Replication;

/// <summary>
/// The end of a member: it learned from its own log, or from another member, that it was removed (Raft dissertation, section 4.2; R5). That is remembered,
/// durably, before the node stops: one that is started again must not stand for election again. Pure.
/// </summary>
internal sealed class Removal
{
    private readonly Action<ReplicaEffect> _emit;
    private bool _wasTold;

    /// <summary>Creates it for a member that knows nothing of the kind.</summary>
    /// <param name="emit">Takes effects.</param>
    public Removal(Action<ReplicaEffect> emit)
    {
        _emit = emit;
    }

    /// <summary>Whether the removal is known, and being recorded or recorded.</summary>
    public bool IsKnown { get; private set; }

    /// <summary>Takes what the core says of it.</summary>
    public void Take(Ready ready) => _wasTold |= ready.WasRemoved;

    /// <summary>Something happened: has the removal recorded once it is known. One that was stopped before it was recorded finds it in its log again.</summary>
    /// <param name="node">The core.</param>
    /// <param name="configuration">The configuration in force.</param>
    /// <param name="self">Who this node is.</param>
    public void Settle(RaftNode node, ClusterConfiguration? configuration, NodeIdentity self)
    {
        bool isInTheLog = node.ConfigurationIndex <= node.Commit && !node.Configuration.IsJoint && configuration?.WasRemoved(new MemberId(self.MemberId)) == true;
        if (!IsKnown && (_wasTold || isInTheLog))
        {
            IsKnown = true;
            _emit(new SaveIdentityEffect(self, IsRemoved: true));
        }
    }

    /// <summary>It is recorded: the node stops.</summary>
    public void Recorded(NodeIdentity self) => _emit(new StopEffect(
        $"Member {self.MemberId:x} was removed from cluster {self.ClusterId:x16}. To have this machine back in it, empty its data folder and add it as a new member."));
}
