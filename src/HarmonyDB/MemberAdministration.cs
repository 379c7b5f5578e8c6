using Akka.Actor;
using HarmonyDB.Actors;
using HarmonyDB.Client;
using HarmonyDB.Configuration;
using HarmonyDB.Messages;
using HarmonyDB.Raft;

namespace HarmonyDB;

/// <summary>Changes of members and of leadership as a caller asks for them: checks what can be checked here, and turns outcomes into results and exceptions.</summary>
internal sealed class MemberAdministration
{
    private static readonly TimeSpan AnswerSlack = TimeSpan.FromSeconds(2);

    private readonly NodeStart _node;
    private readonly Func<ResponseHeader> _header;

    /// <summary>Creates it for a node.</summary>
    public MemberAdministration(NodeStart node, Func<ResponseHeader> header)
    {
        _node = node;
        _header = header;
    }

    /// <summary>A member as callers see it.</summary>
    public static Member ToMember(ClusterMember member) => new(member.Id.Value, member.Name, member.RaftAddress, member.ClientUrls, member.IsLearner);

    /// <summary>Changes the members.</summary>
    public async Task<MemberChangeResult> ChangeAsync(MemberChange change, CancellationToken cancellationToken)
    {
        string? address = change switch
        {
            AddMember add => add.RaftAddress,
            UpdateMember update => update.RaftAddress,
            _ => null,
        };
        if (address is not null && !SettingsReader.IsPeerAddress(address))
        {
            throw new MembershipException(
                MembershipRefusal.BadAddress, $"\"{address}\" is not an address that peers can reach; it must be host:port, such as 10.0.0.4:4053.");
        }

        ChangeAnswer answer = await AskAsync(timeout => new SubmitChange(change, timeout), cancellationToken).ConfigureAwait(false);
        return answer.Outcome == ChangeOutcome.Done
            ? new MemberChangeResult(_header(), answer.Member.Value, [.. (answer.Configuration?.Members ?? []).Select(ToMember)])
            : throw Failure(answer, change);
    }

    /// <summary>Hands leadership over.</summary>
    public async Task MoveLeaderAsync(ulong memberId, CancellationToken cancellationToken)
    {
        ChangeAnswer answer = await AskAsync(timeout => new SubmitTransfer(new MemberId(memberId), timeout), cancellationToken).ConfigureAwait(false);
        if (answer.Outcome != ChangeOutcome.Done)
        {
            throw answer.Outcome switch
            {
                ChangeOutcome.NotTaken => new MembershipException(MembershipRefusal.NotLeader, "This node does not lead; only the leader can hand leadership over. Ask it."),
                ChangeOutcome.Busy => new MembershipException(MembershipRefusal.TransferTimedOut, "The member was not ready to take over in time; this node leads on."),
                _ => Failure(answer, null),
            };
        }
    }

    private static HarmonyException Failure(ChangeAnswer answer, MemberChange? change) => answer.Outcome switch
    {
        ChangeOutcome.NotTaken => new RequestTimeoutException("No leader took the change before the deadline. Nothing happened."),
        ChangeOutcome.Busy => new MembershipException(MembershipRefusal.Busy, "Another change of the members is under way. Nothing happened; try again in a moment."),
        ChangeOutcome.NotFound => new MembershipException(MembershipRefusal.NotFound, $"There is no member {answer.Member}; see: harmony member list."),
        ChangeOutcome.AddressTaken => new MembershipException(MembershipRefusal.AddressTaken, $"Another member has this address already: {change}."),
        ChangeOutcome.NotLearner => new MembershipException(MembershipRefusal.NotLearner, $"Member {answer.Member} has a vote already; only a learner can be promoted."),
        ChangeOutcome.NotCaughtUp => new MembershipException(
            MembershipRefusal.NotCaughtUp, $"Member {answer.Member} has not caught up with the leader yet, or its node was never started. Try again when it has."),
        ChangeOutcome.TooFewVoters => new MembershipException(
            MembershipRefusal.TooFewVoters, "Too few of the voters that would remain are there to decide anything. Bring one back, or add and promote one, first."),
        ChangeOutcome.TooManyMembers => new MembershipException(MembershipRefusal.TooManyMembers, "The cluster has as many members as it can have. Remove one first."),
        ChangeOutcome.BadTransferTarget => new MembershipException(MembershipRefusal.BadTransferTarget, $"Member {answer.Member} cannot lead: it is no voter of this cluster."),
        ChangeOutcome.TransferTimedOut => new MembershipException(MembershipRefusal.TransferTimedOut, "The member did not take over in time; this node leads on."),
        _ => new OutcomeUnknownException("The leader fell, or did not answer before the deadline, after it was given the change: it may or may not have happened. List the members to find out."),
    };

    private async Task<ChangeAnswer> AskAsync(Func<TimeSpan, object> question, CancellationToken cancellationToken)
    {
        TimeSpan timeout = _node.Settings.Limits.RequestTimeout;
        IActorRef members = await _node.Members.WaitAsync(cancellationToken).ConfigureAwait(false);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _node.StoppedToken);
        try
        {
            return await members.Ask<ChangeAnswer>(question(timeout), timeout + AnswerSlack, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new OutcomeUnknownException("The node stopped while the change was under way: it may or may not have happened. List the members to find out.");
        }
        catch (AskTimeoutException)
        {
            throw new OutcomeUnknownException("The node did not answer in time: the change may or may not have happened. List the members to find out.");
        }
    }
}
