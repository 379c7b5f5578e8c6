using HarmonyDB.Messages;
using HarmonyDB.Raft;

namespace HarmonyDB.Simulation;

/// <summary>
/// What operators do to a cluster at the worst of times: nodes added, promoted, removed and replaced, leadership handed over. Each is counted when the cluster
/// says that it is done.
/// </summary>
internal sealed class MembershipFaults(ClusterSimulation simulation, FaultSchedule schedule, SimulatedRandom random)
{
    // An operator tries again while nobody leads, or another change is under way.
    private const int AttemptsMaximum = 12;
    private const int ReplacementStepsMaximum = 60;

    /// <summary>Begins one.</summary>
    public void Strike(FaultKind kind)
    {
        if (kind == FaultKind.Replacement)
        {
            Replace();
            return;
        }

        OperatorRequest? request = null;
        schedule.Repeat(
            AttemptsMaximum,
            _ =>
            {
                if (request?.Outcome == ChangeOutcome.Done)
                {
                    simulation.Faults.Count(kind);
                    return null;
                }

                bool isOpen = request is { Outcome: null };
                bool isToBeTried = request?.Outcome is null or ChangeOutcome.Busy or ChangeOutcome.NotTaken or ChangeOutcome.NotCaughtUp;
                if (!isOpen && isToBeTried && FindLeader() is { } leader)
                {
                    request = Ask(kind, leader, out bool isOver);
                    if (isOver)
                    {
                        return null;
                    }
                }

                return isToBeTried ? random.Ticks(20, 300) : null;
            },
            () => { });
    }

    private OperatorRequest? Ask(FaultKind kind, SimulatedNode leader, out bool isOver)
    {
        isOver = false;
        if (leader.Replica!.View.Configuration is not { } configuration)
        {
            return null;
        }

        switch (kind)
        {
            case FaultKind.Transfer:
                return simulation.Operators.Transfer(leader, random.Chance(300) ? MemberId.None : random.Pick(configuration.Members).Id);
            case FaultKind.Promotion:
                return Promote(leader, configuration);
            case FaultKind.Removal:
                return Remove(leader, configuration, random.Pick(configuration.Members));
            case FaultKind.Join:
                return Add(leader, configuration, isLearner: random.Chance(300), out _);
            default:
                isOver = Reweigh(kind, leader, configuration);
                return null;
        }
    }

    private OperatorRequest? Promote(SimulatedNode leader, ClusterConfiguration configuration)
    {
        ClusterMember[] learners = [.. configuration.Members.Where(m => m.IsLearner && m.IsBound && simulation.Quorums.Remains(configuration.WithVoter(m.Id)))];
        return learners.Length == 0 ? null : simulation.Operators.Change(leader, new PromoteMember(random.Pick(learners).Id));
    }

    private OperatorRequest? Remove(SimulatedNode leader, ClusterConfiguration configuration, ClusterMember member)
    {
        int voters = configuration.Members.Count(m => !m.IsLearner);
        if (configuration.IsJoint || (voters == 1 && !member.IsLearner) || (voters == 2 && !member.IsLearner && !random.Chance(200))
            || !simulation.Quorums.Remains(configuration.Without(member.Id)))
        {
            return null;
        }

        // One that is not bound yet may be by the time it goes.
        FolderHistory? folder = (member.IsBound ? simulation.Quorums.HolderOf(member) : simulation.Nodes[simulation.NumberAt(member.RaftAddress)])?.Folder;
        bool wasAsked = folder?.RemovalAsked ?? false;
        if (folder is not null)
        {
            folder.RemovalAsked = true;
        }

        OperatorRequest request = simulation.Operators.Change(leader, new RemoveMember(member.Id));
        if (folder is not null && request.Outcome is not (null or ChangeOutcome.Done or ChangeOutcome.Unknown))
        {
            folder.RemovalAsked = wasAsked;
        }

        return request;
    }

    // On a machine that is new, or that is no member any more.
    private OperatorRequest? Add(SimulatedNode leader, ClusterConfiguration configuration, bool isLearner, out string? address)
    {
        address = null;
        SimulatedNode[] free = [.. simulation.Nodes.Where(n =>
            configuration.Members.All(m => m.RaftAddress != n.Address) && (n.Folder.MayBeRefused || !n.Folder.IsInUse) && simulation.Quorums.CanLose(n))];
        if (free.Length == 0)
        {
            return null;
        }

        SimulatedNode node = random.Pick(free);
        address = node.Address;
        OperatorRequest request = simulation.Operators.Change(leader, new AddMember(address, isLearner));
        if (request.Outcome is null or ChangeOutcome.Done or ChangeOutcome.Unknown)
        {
            node.SetUp();
            node.StartIn(random.Ticks(0, 500));
        }

        return request;
    }

    // As "harmony member replace" does: the new node first, and the old one goes when the new one has its vote.
    private void Replace()
    {
        ClusterMember? old = null;
        string? address = null;
        OperatorRequest? addition = null;
        OperatorRequest? removal = null;
        schedule.Repeat(
            ReplacementStepsMaximum,
            _ =>
            {
                if (removal?.Outcome == ChangeOutcome.Done)
                {
                    simulation.Faults.Count(FaultKind.Replacement);
                    return null;
                }

                if (FindLeader() is { } leader && leader.Replica!.View.Configuration is { } configuration)
                {
                    old ??= PickToReplace(configuration);
                    ClusterMember? added = configuration.Members.FirstOrDefault(m => m.RaftAddress == address);
                    if (added is null && (addition is null || addition.Outcome is not null))
                    {
                        addition = Add(leader, configuration, isLearner: false, out address);
                    }
                    else if (added is { IsLearner: false } && removal is not { Outcome: null } && configuration.Find(old.Id) is { } leaves)
                    {
                        removal = Remove(leader, configuration, leaves);
                    }
                }

                return random.Ticks(50, 250);
            },
            () => { });
    }

    private ClusterMember PickToReplace(ClusterConfiguration configuration)
    {
        ClusterMember[] lost = [.. configuration.Members.Where(m => m.IsBound && simulation.Quorums.HolderOf(m) is null)];
        return random.Pick(lost.Length > 0 ? lost : configuration.Members);
    }

    // What no command asks for, and the core must bear all the same: votes taken away, and several given and taken at once, through a joint configuration.
    private bool Reweigh(FaultKind kind, SimulatedNode leader, ClusterConfiguration configuration)
    {
        ClusterConfigurationMessage target = configuration.ToMessage().Clone();
        ClusterMemberMessage[] members = [.. target.Members.Where(
            m => !m.BirthId.Span.SequenceEqual(new byte[16]) && (kind == FaultKind.JointChange || !m.IsLearner))];
        random.Shuffle(members);
        foreach (ClusterMemberMessage member in members.Take(kind == FaultKind.JointChange ? 2 + random.Next(3) : 1))
        {
            member.IsLearner = !member.IsLearner;
            member.WantsVote = false;
        }

        if (configuration.IsJoint || target.Members.All(m => m.IsLearner))
        {
            return false;
        }

        ClusterConfiguration parsed = ClusterConfiguration.From(target);
        bool isTaken = false;
        if (simulation.Quorums.Remains(parsed))
        {
            leader.Tell(replica => isTaken = replica.Node!.ProposeConfiguration(parsed.ToPayload()).Status == ProposeStatus.Accepted);
        }

        if (isTaken)
        {
            simulation.Faults.Count(kind);
        }

        return isTaken;
    }

    // Whoever takes itself for the leader; there may be more than one.
    private SimulatedNode? FindLeader()
    {
        SimulatedNode[] leaders = [.. simulation.Nodes.Where(n => !n.IsPaused && simulation.IsLeader(n.Number))];
        return leaders.Length == 0 ? null : random.Pick(leaders);
    }
}
