using HarmonyDB.Raft.Messages;

namespace HarmonyDB.Raft.Roles;

/// <summary>Stands for election in a new term (Raft paper, section 5.2).</summary>
internal sealed class Candidate(RaftNode node, bool isLeadershipTransfer) : RoleBehavior(node)
{
    private readonly Dictionary<MemberId, bool> _votes = [];
    private TimeSpan _electionDeadline;

    /// <inheritdoc/>
    public override Role Role => Role.Candidate;

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
                Node.Outbox.SendAfterFlush(
                    new RequestVote(Node.Id, member, Node.Term, Log.LastIndex, Log.LastTerm) { IsLeadershipTransfer = isLeadershipTransfer });
            }
        }
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
        if (durable.Term == Node.Term && durable.Vote == Node.Id)
        {
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
