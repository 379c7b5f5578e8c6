using HarmonyDB.Raft.Messages;

namespace HarmonyDB.Raft.Roles;

/// <summary>
/// Hands leadership to another voter (Raft dissertation, section 3.10): proposals stop, the target is brought up to date, then told to stand for
/// election at once. If it has not taken over within an election timeout the leader leads on (R12).
/// </summary>
internal sealed class LeadershipTransfer(RaftNode node, IReadOnlyList<Progress> peers, Authority authority)
{
    private TimeSpan _deadline = TimeSpan.MaxValue;

    /// <summary>To whom leadership is going; <see cref="MemberId.None"/> when to nobody.</summary>
    public MemberId Target { get; private set; }

    /// <summary>When it is given up.</summary>
    public TimeSpan Deadline => _deadline;

    /// <summary>Begins.</summary>
    public TransferResult Start(MemberId target)
    {
        var status = Check(target);
        if (status != TransferStatus.Started)
        {
            return new TransferResult(status, MemberId.None);
        }
        if (Target != target)
        {
            Target = target;
            _deadline = node.Now + node.Options.ElectionTimeoutMaximum;
            authority.ForfeitLease();
            Urge(peers.First(peer => peer.Member == target));
        }
        return new TransferResult(TransferStatus.Started, target);
    }

    /// <summary>Time passed: the deadline may have.</summary>
    public void Tick()
    {
        if (node.Now >= _deadline)
        {
            Target = MemberId.None;
            _deadline = TimeSpan.MaxValue;
        }
    }

    /// <summary>The peer has answered: if it is the target and holds the whole log it is told to stand, again if it was told before.</summary>
    public void Urge(Progress peer)
    {
        if (peer.Member == Target && peer.Match == node.LastIndex)
        {
            node.Outbox.Send(new TimeoutNow(node.Id, peer.Member, node.Term));
        }
    }

    /// <summary>The voter that would take over soonest: the one with the longest log of those heard of late.</summary>
    public MemberId FindSuccessor()
    {
        Progress? best = null;
        foreach (var peer in peers)
        {
            if (IsReady(peer) && (best is null || peer.Match > best.Match))
            {
                best = peer;
            }
        }
        return best?.Member ?? MemberId.None;
    }

    private TransferStatus Check(MemberId target)
    {
        if (target == node.Id)
        {
            return TransferStatus.AlreadyLeader;
        }
        // One that is about to lose its vote in a joint configuration would lead only to step down.
        if (!node.Configuration.Voters.Contains(target))
        {
            return TransferStatus.NotVoter;
        }
        if (!Target.IsNone && Target != target)
        {
            return TransferStatus.InProgress;
        }
        return peers.Any(peer => peer.Member == target && IsReady(peer)) ? TransferStatus.Started : TransferStatus.NotReady;
    }

    private bool IsReady(Progress peer) =>
        peer.IsReplicating && node.Configuration.Voters.Contains(peer.Member) && node.Now - peer.HeardAt < node.Options.ElectionTimeoutMinimum;
}
