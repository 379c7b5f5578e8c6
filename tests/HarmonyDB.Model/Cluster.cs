using HarmonyDB.Raft;

namespace HarmonyDB.Model;

/// <summary>What can happen in a state of the cluster, and what must hold when it has happened.</summary>
internal sealed class Cluster(Bounds bounds, MemberSpace members)
{
    private readonly ClusterState _next = new();

    /// <summary>The members' states.</summary>
    public MemberSpace Members { get; } = members;

    /// <summary>What was wrong with the state that the last action led to, or null.</summary>
    public string? Violation { get; private set; }

    /// <summary>Collects everything that can happen in a state.</summary>
    public void CollectActions(ClusterState state, List<ClusterAction> actions)
    {
        actions.Clear();
        for (var member = 0; member < ClusterState.Members; member++)
        {
            CollectOf(member, state, actions);
        }
        var previous = -1;
        foreach (var message in state.Messages)
        {
            if (message == previous)
            {
                continue;
            }
            previous = message;
            var to = (int)Members.Message(message).To.Value - 1;
            actions.Add(new ClusterAction(ClusterActionKind.Deliver, to, (uint)message));
            if (state.Ledger.Spent(Budget.Faults) < bounds.Faults)
            {
                actions.Add(new ClusterAction(ClusterActionKind.Duplicate, to, (uint)message));
            }
            if (state.Ledger.Spent(Budget.Faults) < bounds.Faults || IsCrowded(state))
            {
                actions.Add(new ClusterAction(ClusterActionKind.Drop, to, (uint)message));
            }
        }
    }

    /// <summary>Lets something happen.</summary>
    /// <returns>The state that it leads to, until the next call; null when that lies beyond the bounds or something is wrong with it.</returns>
    public ClusterState? Apply(ClusterState state, ClusterAction action)
    {
        Violation = null;
        _next.CopyFrom(state);
        if (action.Kind is ClusterActionKind.Deliver or ClusterActionKind.Drop)
        {
            _next.Remove((int)action.Argument);
        }
        if (action.Kind == ClusterActionKind.Drop)
        {
            _next.Ledger = IsCrowded(state) ? _next.Ledger : _next.Ledger.Spend(Budget.Faults);
            return _next;
        }
        var memberAction = MemberActionOf(action);
        Spend(state, action, memberAction);
        var transition = Members.Get(state.Member[action.Member], memberAction);
        Violation = transition.Violation;
        if (Violation is not null)
        {
            return null;
        }
        _next.Member[action.Member] = transition.State;
        foreach (var message in transition.Messages)
        {
            // A member that is not here any more, or not yet, gets nothing.
            if (Members.Message(message).To.Value <= ClusterState.Members && !_next.TryAdd(message))
            {
                return null;
            }
        }
        Violation = Check(state, action.Member, transition);
        return Violation is null && IsWithinBounds(action.Member) ? _next : null;
    }

    /// <summary>What an action means to the member that it happens to.</summary>
    public static MemberAction MemberActionOf(ClusterAction action) => action.Kind == ClusterActionKind.Member
        ? MemberAction.FromCode(action.Argument)
        : new MemberAction(MemberActionKind.Step, (int)action.Argument);

    private void CollectOf(int member, ClusterState state, List<ClusterAction> actions)
    {
        var view = Members.View(state.Member[member]);
        var ledger = state.Ledger;
        void Add(MemberActionKind kind, int argument = 0) =>
            actions.Add(new ClusterAction(ClusterActionKind.Member, member, new MemberAction(kind, argument).Code));

        if (view.Role != Role.Leader || ledger.Spent(Budget.Heartbeats) < bounds.Heartbeats)
        {
            Add(MemberActionKind.Tick);
        }
        if (view.WritesUnderWay > 0)
        {
            Add(MemberActionKind.Persist);
        }
        if (view.IsApplying)
        {
            Add(MemberActionKind.Apply);
        }
        if (view.Role == Role.Leader && ledger.Spent(Budget.Entries) < bounds.Entries)
        {
            Add(MemberActionKind.Propose);
        }
        if (!view.Leader.IsNone && ledger.Spent(Budget.Reads) < bounds.Reads)
        {
            Add(MemberActionKind.Read, ledger.Spent(Budget.Reads) + 1);
        }
        if (view.Role == Role.Leader && ledger.Spent(Budget.ConfigurationChanges) < bounds.ConfigurationChanges)
        {
            for (var voters = 1; voters < 1 << ClusterState.Members; voters++)
            {
                Add(MemberActionKind.ProposeConfiguration, voters);
            }
        }
        if (view.CanCompact && ledger.Spent(Budget.Compactions) < bounds.Compactions)
        {
            Add(MemberActionKind.Compact);
        }
        if (view.Role == Role.Leader && ledger.Spent(Budget.Transfers) < bounds.Transfers)
        {
            Add(MemberActionKind.Transfer, ((member + 1) % ClusterState.Members) + 1);
            Add(MemberActionKind.Transfer, ((member + 2) % ClusterState.Members) + 1);
        }
        if (ledger.Spent(Budget.Faults) < bounds.Faults)
        {
            for (var writes = 0; writes <= view.WritesUnderWay; writes++)
            {
                Add(MemberActionKind.Crash, 2 * writes);
                if (view.HasUnflushed)
                {
                    Add(MemberActionKind.Crash, (2 * writes) + 1);
                }
            }
        }
    }

    private void Spend(ClusterState state, ClusterAction action, MemberAction memberAction)
    {
        var ledger = _next.Ledger;
        if (action.Kind == ClusterActionKind.Duplicate)
        {
            ledger = ledger.Spend(Budget.Faults);
        }
        switch (memberAction.Kind)
        {
            case MemberActionKind.Tick when Members.View(state.Member[action.Member]).Role == Role.Leader:
                ledger = ledger.Spend(Budget.Heartbeats);
                break;
            case MemberActionKind.Propose:
                ledger = ledger.Spend(Budget.Entries);
                break;
            case MemberActionKind.Crash:
                ledger = ledger.Spend(Budget.Faults);
                break;
            case MemberActionKind.ProposeConfiguration:
                ledger = ledger.Spend(Budget.ConfigurationChanges);
                break;
            case MemberActionKind.Compact:
                ledger = ledger.Spend(Budget.Compactions);
                break;
            case MemberActionKind.Transfer:
                ledger = ledger.Spend(Budget.Transfers);
                break;
            case MemberActionKind.Read:
                ledger = ledger.Spend(Budget.Reads).WithRead(memberAction.Argument);
                break;
        }
        _next.Ledger = ledger;
    }

    // Most of what can happen makes a member send two messages or fewer.
    private bool IsCrowded(ClusterState state) => state.MessageCount + 2 > bounds.InFlight;

    private bool IsWithinBounds(int member) =>
        _next.MessageCount <= bounds.InFlight && Members.View(_next.Member[member]).Term.Value <= (ulong)_next.Ledger.LastTerm;

    // ---- What must hold

    private string? Check(ClusterState state, int member, Transition transition)
    {
        var before = Members.View(state.Member[member]);
        var after = Members.View(transition.State);
        return CheckElection(before, after) ?? CheckCommitted(after) ?? CheckLogMatching(member, after) ?? CheckReads(transition);
    }

    // Election Safety, and Leader Completeness: whoever is elected has everything committed in earlier terms.
    private string? CheckElection(MemberView before, MemberView after)
    {
        if (after.Role != Role.Leader || (before.Role == Role.Leader && before.Term == after.Term) || after.Term.Value > Ledger.TermMaximum)
        {
            return null;
        }
        var term = (int)after.Term.Value;
        var leader = _next.Ledger.LeaderOf(term);
        if (leader != 0)
        {
            return $"Election Safety: {after.Id} is elected in term {term}, and {leader} was before";
        }
        _next.Ledger = _next.Ledger.WithLeader(term, (int)after.Id.Value);
        for (var index = 1; index <= _next.Ledger.Committed; index++)
        {
            var committedIn = (int)(_next.CommittedIn >> (4 * (index - 1))) & 0xF;
            if (committedIn < term && MemberView.EntryAt(_next.Committed, index) != MemberView.EntryAt(after.Log, index))
            {
                return $"Leader Completeness: {after.Id} is elected in term {term} without entry {index}, which was committed in term {committedIn}";
            }
        }
        return null;
    }

    // State Machine Safety: whatever one takes for committed is the same everywhere and for ever.
    private string? CheckCommitted(MemberView after)
    {
        var known = _next.Ledger.Committed;
        var commit = (int)after.Commit.Value;
        var common = Math.Min(known, commit);
        if (MemberView.Prefix(after.Log, common) != MemberView.Prefix(_next.Committed, common))
        {
            return $"State Machine Safety: {after.Id} takes other entries for committed up to {commit} than were committed before";
        }
        if (commit > known)
        {
            _next.Committed = MemberView.Prefix(after.Log, commit);
            for (var index = known + 1; index <= commit; index++)
            {
                _next.CommittedIn |= after.Term.Value << (4 * (index - 1));
            }
            _next.Ledger = _next.Ledger.WithCommitted(commit);
        }
        return null;
    }

    // Log Matching: logs that have an entry of the same index and term are the same up to there.
    private string? CheckLogMatching(int member, MemberView after)
    {
        for (var other = 0; other < ClusterState.Members; other++)
        {
            if (other == member)
            {
                continue;
            }
            var view = Members.View(_next.Member[other]);
            var index = Math.Min(after.LastIndex, view.LastIndex);
            while (index > 0 && MemberView.TermAt(after.Log, index) != MemberView.TermAt(view.Log, index))
            {
                index--;
            }
            if (MemberView.Prefix(after.Log, index) != MemberView.Prefix(view.Log, index))
            {
                return $"Log Matching: the logs of {after.Id} and {view.Id} agree at {index}, but not before";
            }
        }
        return null;
    }

    // A read sees whatever was committed when it was asked.
    private string? CheckReads(Transition transition)
    {
        foreach (var read in transition.ReadStates)
        {
            if (!_next.Ledger.IsReading((int)read.RequestId, out var committed))
            {
                return $"read {read.RequestId} is answered, but was not asked or was answered before";
            }
            if (read.Index.Value < (ulong)committed)
            {
                return $"stale read: read {read.RequestId} is answered at {read.Index}, but {committed} was committed when it was asked";
            }
            _next.Ledger = _next.Ledger.WithoutRead((int)read.RequestId);
        }
        foreach (var requestId in transition.ReadFailures)
        {
            _next.Ledger = _next.Ledger.WithoutRead((int)requestId);
        }
        return null;
    }
}
