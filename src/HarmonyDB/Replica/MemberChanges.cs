using HarmonyDB.Messages;
using HarmonyDB.Raft;

namespace HarmonyDB.Replication;

/// <summary>
/// A leader's changes of the members and of leadership: what each makes of the configuration, what is refused and why, and when it is done. A change is
/// done when its configuration is committed and not joint any more (Raft paper, section 6). Pure.
/// </summary>
internal sealed class MemberChanges
{
    /// <summary>Most members, learners among them: each is one more copy that the leader sends.</summary>
    public const int MembersMaximum = 15;

    private readonly Action<ReplicaEffect> _emit;
    private readonly TimeSpan _activityTimeout;
    private readonly SortedDictionary<LogIndex, (ulong ChangeId, MemberId Member)> _pending = [];
    private readonly List<(ulong ChangeId, MemberId Target)> _transfers = [];

    /// <summary>Creates it without changes.</summary>
    /// <param name="emit">Takes effects.</param>
    /// <param name="activityTimeout">How lately a peer must have been heard from to count as being there.</param>
    public MemberChanges(Action<ReplicaEffect> emit, TimeSpan activityTimeout)
    {
        _emit = emit;
        _activityTimeout = activityTimeout;
    }

    /// <summary>Someone wants the members changed.</summary>
    public void Propose(ulong changeId, MemberChange change, RaftNode? node, ClusterConfiguration? current, TimeSpan now)
    {
        if (node is not { Role: Role.Leader } || current is null)
        {
            Answer(changeId, ChangeOutcome.NotTaken, MemberId.None, null);
            return;
        }

        (ChangeOutcome refusal, ClusterConfiguration? target, MemberId member) = Plan(current, change, node, now);
        if (target is null)
        {
            Answer(changeId, refusal, member, null);
            return;
        }

        Propose(changeId, target, member, node);
    }

    /// <summary>Someone wants a configuration as it is.</summary>
    /// <returns>Whether it is under way; it is answered if not.</returns>
    public bool Propose(ulong changeId, ClusterConfiguration target, MemberId member, RaftNode? node)
    {
        ProposeResult? result = node?.ProposeConfiguration(target.ToPayload());
        if (result is { Status: ProposeStatus.Accepted } accepted)
        {
            _pending.Add(accepted.Index, (changeId, member));
            return true;
        }

        Answer(changeId, Refusal(result?.Status ?? ProposeStatus.NotLeader), member, null);
        return false;
    }

    /// <summary>Someone wants another member to lead; <see cref="MemberId.None"/> for whoever takes over soonest.</summary>
    /// <returns>Whether it is under way; it is answered if not.</returns>
    public bool TransferLeadership(ulong changeId, MemberId target, RaftNode? node)
    {
        TransferStatus status = node is null ? TransferStatus.NotLeader
            : (target.IsNone ? node.TransferLeadership() : node.TransferLeadership(target)).Status;
        if (status == TransferStatus.Started)
        {
            _transfers.Add((changeId, target));
            return true;
        }

        Answer(changeId, status switch
        {
            TransferStatus.AlreadyLeader => ChangeOutcome.Done,
            TransferStatus.NotVoter => ChangeOutcome.BadTransferTarget,
            TransferStatus.NotReady or TransferStatus.InProgress => ChangeOutcome.Busy,
            _ => ChangeOutcome.NotTaken,
        }, target, null);
        return false;
    }

    /// <summary>A blank folder came from the address of a member without one: binds it, once, through the log (R9).</summary>
    public static void Bind(NodeIdentity folder, RaftNode node, ClusterConfiguration current)
    {
        ClusterMember? member = current.Members.FirstOrDefault(m => !m.IsBound && m.RaftAddress == folder.RaftAddress);
        if (member is not null && node.Role == Role.Leader)
        {
            // Refused while another change is under way; the folder asks again.
            node.ProposeConfiguration(current.WithBinding(member.Id, folder).ToPayload());
        }
    }

    /// <summary>The member whose place a blank folder asks for, because it was that one until its files were damaged; null if it cannot have it.</summary>
    public static ClusterMember? FindReplaced(NodeIdentity folder, ClusterConfiguration current) =>
        folder.IsBlank && folder.Replaces.ClusterId == current.ClusterId && current.Find(new MemberId(folder.Replaces.MemberId)) is { IsBound: true } member
            && member.RaftAddress == folder.RaftAddress ? member : null;

    /// <summary>
    /// Puts a folder whose files were damaged in the place of the member that it was: as a new member that learns first, so that it neither votes nor counts
    /// before it has everything (R9). In one change; refused while the others have no quorum without it.
    /// </summary>
    public void Replace(NodeIdentity folder, RaftNode node, ClusterConfiguration current, TimeSpan now)
    {
        if (node.Role != Role.Leader || FindReplaced(folder, current) is not { } lost || lost.Id == node.Id
            || (!lost.IsLearner && !CanDecideWithout(lost.Id, current, node, now)))
        {
            return;
        }

        ClusterConfiguration target = current.Without(lost.Id).WithLearner(lost.RaftAddress, wantsVote: !lost.IsLearner || lost.WantsVote);
        target = target.WithBinding(target.Members[^1].Id, folder);

        // Refused while another change is under way; the folder asks again.
        if (node.ProposeConfiguration(target.ToPayload()).Status == ProposeStatus.Accepted)
        {
            _emit(new NoticeEffect(
                true, $"The files of member {lost.Id} ({lost.Name}) were damaged: it leaves, and its machine joins as member {target.Members[^1].Id}."));
        }
    }

    /// <summary>Promotes a learner that was added to become a voter, once it has caught up. One that never does holds up no other.</summary>
    public static void Promote(RaftNode node, ClusterConfiguration current)
    {
        if (node.Role != Role.Leader || node.ConfigurationIndex > node.Commit)
        {
            return;
        }

        foreach (ClusterMember member in current.Members)
        {
            if (member.WantsVote && member.IsBound && node.ProposeConfiguration(current.WithVoter(member.Id).ToPayload()).Status != ProposeStatus.NotCaughtUp)
            {
                return;
            }
        }
    }

    /// <summary>
    /// Something happened: answers what is done or failed by now. Only a leader says that a change is done: one that was deposed may have lost it, and then an
    /// older configuration is in force, which is committed.
    /// </summary>
    public void Settle(RaftNode node, ClusterConfiguration? current)
    {
        if (_pending.Count > 0 && node.Role == Role.Leader && node.ConfigurationIndex <= node.Commit && !node.Configuration.IsJoint)
        {
            foreach ((ulong changeId, MemberId member) in _pending.Values)
            {
                Answer(changeId, ChangeOutcome.Done, member, current);
            }

            _pending.Clear();
        }

        if (_transfers.Count > 0 && (node.Role == Role.Leader ? node.TransferTarget.IsNone : !node.Leader.IsNone))
        {
            foreach ((ulong changeId, MemberId target) in _transfers)
            {
                bool done = node.Role != Role.Leader && (target.IsNone || node.Leader == target);
                Answer(changeId, done ? ChangeOutcome.Done : ChangeOutcome.TransferTimedOut, node.Leader, null);
            }

            _transfers.Clear();
        }
    }

    /// <summary>This node does not lead any more: the next leader may keep the changes, or not.</summary>
    public void LeadershipLost()
    {
        foreach ((ulong changeId, MemberId member) in _pending.Values)
        {
            Answer(changeId, ChangeOutcome.Unknown, member, null);
        }

        _pending.Clear();
    }

    private static ChangeOutcome Refusal(ProposeStatus status) => status switch
    {
        ProposeStatus.NotCaughtUp => ChangeOutcome.NotCaughtUp,
        ProposeStatus.IllegalConfiguration => ChangeOutcome.TooFewVoters,
        ProposeStatus.NotLeader => ChangeOutcome.NotTaken,
        _ => ChangeOutcome.Busy,
    };

    private (ChangeOutcome Refusal, ClusterConfiguration? Target, MemberId Member) Plan(
        ClusterConfiguration current, MemberChange change, RaftNode node, TimeSpan now)
    {
        MemberId id = change switch
        {
            PromoteMember promote => promote.Member,
            RemoveMember remove => remove.Member,
            UpdateMember update => update.Member,
            _ => MemberId.None,
        };
        ClusterMember? member = current.Find(id);
        bool IsTaken(string address) => current.Members.Any(m => m.Id != id && string.Equals(m.RaftAddress, address, StringComparison.OrdinalIgnoreCase));
        switch (change)
        {
            case AddMember add:
                return IsTaken(add.RaftAddress) ? (ChangeOutcome.AddressTaken, null, id)
                    : current.Members.Count >= MembersMaximum ? (ChangeOutcome.TooManyMembers, null, id)
                    : Target(current.WithLearner(add.RaftAddress, wantsVote: !add.IsLearner));
            case not null when member is null:
                return (ChangeOutcome.NotFound, null, id);
            case PromoteMember:
                return !member.IsLearner ? (ChangeOutcome.NotLearner, null, id)
                    : !member.IsBound ? (ChangeOutcome.NotCaughtUp, null, id)
                    : (default, current.WithVoter(id), id);
            case UpdateMember update:
                return IsTaken(update.RaftAddress) ? (ChangeOutcome.AddressTaken, null, id) : (default, current.WithAddress(id, update.RaftAddress), id);
            default:
                return !member!.IsLearner && !CanDecideWithout(id, current, node, now) ? (ChangeOutcome.TooFewVoters, null, id) : (default, current.Without(id), id);
        }

        static (ChangeOutcome Refusal, ClusterConfiguration? Target, MemberId Member) Target(ClusterConfiguration target) =>
            (default, target, target.Members[^1].Id);
    }

    // Removing a voter that is there while others are not can leave a cluster that never decides anything again, not even to take it back.
    private bool CanDecideWithout(MemberId id, ClusterConfiguration current, RaftNode node, TimeSpan now)
    {
        MemberId[] rest = [.. current.Members.Where(m => !m.IsLearner && m.Id != id).Select(m => m.Id)];
        int active = rest.Count(m => m == node.Id || node.Peers.Any(p => p.Member == m && now - p.HeardAt < _activityTimeout));
        return active > rest.Length / 2;
    }

    private void Answer(ulong changeId, ChangeOutcome outcome, MemberId member, ClusterConfiguration? configuration) =>
        _emit(new AnswerChangeEffect(changeId, outcome, member, configuration));
}
