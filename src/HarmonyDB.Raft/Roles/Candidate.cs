using HarmonyDB.Raft.Messages;

namespace HarmonyDB.Raft.Roles;

/// <summary>Stands for election in a new term (Raft paper, section 5.2).</summary>
internal sealed class Candidate(RaftNode node, bool isLeadershipTransfer) : RoleBehavior(node)
{
    private readonly Dictionary<MemberId, bool> _votes = [];
    private TimeSpan _electionTimeout;
    private TimeSpan _electionDeadline;
    private bool _isVoteDurable;

    /// <inheritdoc/>
    public override Role Role => Role.Candidate;

    /// <inheritdoc/>
    public override TimeSpan Deadline => _electionDeadline;

    /// <inheritdoc/>
    public override void Enter()
    {
        _electionTimeout = Node.NextElectionDeadline() - Node.Now;
        _electionDeadline = Node.Now + _electionTimeout;
        foreach (var member in Node.Configuration.Members)
        {
            if (member != Node.Id && Node.Configuration.IsVoter(member))
            {
                Node.Outbox.SendAfterFlush(
                    new RequestVote(Node.Id, member, Node.Term, Log.LastIndex, Log.LastTerm) { IsLeadershipTransfer = isLeadershipTransfer });
            }
        }
    }

    /// <inheritdoc/>
    public override void Tick()
    {
        if (Node.Now < _electionDeadline)
        {
            return;
        }
        if (!_isVoteDurable && !Node.IsDiskStalled)
        {
            // Nobody was asked yet. Going on to the next term would throw away each election that a slow disk is about to let begin.
            _electionDeadline = Node.Now + _electionTimeout;
        }
        else if (!Node.TryStandForElection())
        {
            Node.GiveUp();
        }
    }

    /// <inheritdoc/>
    public override void Step(RaftMessage message)
    {
        switch (message)
        {
            case RequestVote vote:
                Node.Ballot.Answer(vote);
                break;
            case RequestVoteResponse response:
                Count(response.From, response.VoteGranted);
                break;
            case AppendEntries or Heartbeat or InstallSnapshot:
                // Somebody else won this term.
                Node.Follow(message.From, message);
                break;
            case ReadIndexRequest request:
                RefuseRead(request);
                break;
        }
    }

    /// <inheritdoc/>
    public override ReadIndexStatus ReadIndex(ulong requestId, bool mayUseLease) => ReadIndexStatus.NoLeader;

    /// <inheritdoc/>
    public override void Persisted()
    {
        // Its own vote counts like any other: once it cannot be forgotten (R24).
        var durable = Log.Durability.HardState;
        if (!_isVoteDurable && durable.Term == Node.Term && durable.Vote == Node.Id)
        {
            _isVoteDurable = true;
            _electionDeadline = Node.Now + _electionTimeout;
            Count(Node.Id, true);
        }
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
                Node.Lead();
                break;
            case VoteOutcome.Lost:
                Node.GiveUp();
                break;
        }
    }
}
