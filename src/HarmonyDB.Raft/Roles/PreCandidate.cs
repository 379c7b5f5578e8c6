using HarmonyDB.Raft.Messages;

namespace HarmonyDB.Raft.Roles;

/// <summary>
/// Asks whether it would win an election before it leaves its term for one (Raft dissertation, section 9.6). It knows no leader, or it would
/// refuse the very votes that the next one needs (R30).
/// </summary>
internal sealed class PreCandidate(RaftNode node) : RoleBehavior(node)
{
    private readonly Dictionary<MemberId, bool> _votes = [];
    private TimeSpan _electionDeadline;

    /// <inheritdoc/>
    public override Role Role => Role.PreCandidate;

    /// <inheritdoc/>
    public override TimeSpan Deadline => _electionDeadline;

    /// <inheritdoc/>
    public override void Enter()
    {
        _electionDeadline = Node.NextElectionDeadline();
        foreach (var member in Node.Configuration.Members)
        {
            if (member != Node.Id && Node.Configuration.IsVoter(member))
            {
                Node.Outbox.Send(new RequestPreVote(Node.Id, member, Node.Term, Node.Term.Next, Log.LastIndex, Log.LastTerm));
            }
        }
        // Its own answer asserts nothing, so unlike a vote it counts at once.
        Count(Node.Id, true);
    }

    /// <inheritdoc/>
    public override void Tick()
    {
        if (Node.Now >= _electionDeadline && !Node.TryStandForElection())
        {
            Node.GiveUp();
        }
    }

    /// <inheritdoc/>
    public override void Step(RaftMessage message)
    {
        switch (message)
        {
            case RequestPreVoteResponse response when response.CandidateTerm == Node.Term.Next:
                OnResponse(response);
                break;
            case RequestVote vote when Node.Ballot.Answer(vote):
                Node.GiveUp();
                break;
            case AppendEntries or Heartbeat or InstallSnapshot:
                Node.Follow(message.From, message);
                break;
            case ReadIndexRequest request:
                RefuseRead(request);
                break;
        }
    }

    /// <inheritdoc/>
    public override ReadIndexStatus ReadIndex(ulong requestId, bool mayUseLease) => ReadIndexStatus.NoLeader;

    private void OnResponse(RequestPreVoteResponse message)
    {
        if (!message.VoteGranted && message.Term > Node.Term)
        {
            // Nobody grants a vote in a term that is over. From the current one the next try may succeed (R33).
            Node.AdoptTerm(message.Term);
            return;
        }
        Count(message.From, message.VoteGranted);
    }

    private void Count(MemberId voter, bool granted)
    {
        if (!Node.Configuration.IsVoter(voter) || !_votes.TryAdd(voter, granted))
        {
            return;
        }
        switch (Quorum.Tally(Node.Configuration, _votes))
        {
            case VoteOutcome.Won:
                Node.Campaign(isLeadershipTransfer: false);
                break;
            case VoteOutcome.Lost:
                Node.GiveUp();
                break;
        }
    }
}
