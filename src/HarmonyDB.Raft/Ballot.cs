using HarmonyDB.Raft.Messages;

namespace HarmonyDB.Raft;

/// <summary>
/// Decides whether a member grants its vote: one per term (Raft paper, section 5.2), to a log at least as complete (section 5.4.1), and not
/// while it hears from a leader (Raft dissertation, section 4.2.3). It outlives roles and terms: what was promised to a leader by answering its
/// heartbeat holds for <see cref="RaftOptions.ElectionTimeoutMinimum"/> whatever happens next, or leases would not.
/// </summary>
internal sealed class Ballot
{
    private readonly RaftNode _node;
    private TimeSpan _withheldUntil;
    private bool _heardSinceTick;

    /// <summary>Starts without a leader. With leases on it may have promised one its patience before it was restarted, and keeps that.</summary>
    public Ballot(RaftNode node)
    {
        _node = node;
        _withheldUntil = node.Options.LeaseReads ? node.Now + node.Options.ElectionTimeoutMinimum : node.Now;
    }

    /// <summary>Whether a leader was heard so lately that no vote is given against it, not even to this member itself.</summary>
    public bool IsWithheld => _node.Options.CheckQuorum && (_heardSinceTick || _node.Now < _withheldUntil);

    /// <summary>
    /// Whether this member may stand for election. One that is not done applying a committed configuration may not know how to reach those it
    /// would lead (R14, etcd's hasUnappliedConfChanges), and one whose disk stands still could not even save its vote (R38).
    /// </summary>
    public bool CanStand => _node.MayBeNeededToWin && !_node.HasUnappliedConfiguration && !_node.IsDiskStalled;

    /// <summary>The leader was heard.</summary>
    public void LeaderHeard()
    {
        _withheldUntil = _node.Now + _node.Options.ElectionTimeoutMinimum;
        // The time is known only as of the last tick. A promise that a lease rests on counts from the next one, so that it is never too short.
        _heardSinceTick = _node.Options.LeaseReads;
    }

    /// <summary>Time passed.</summary>
    public void Tick()
    {
        if (_heardSinceTick)
        {
            _heardSinceTick = false;
            _withheldUntil = _node.Now + _node.Options.ElectionTimeoutMinimum;
        }
    }

    /// <summary>Answers whether a vote would be granted. Neither term nor vote change, and every question gets an answer that tells the term.</summary>
    public void Answer(RequestPreVote message, bool isLeading)
    {
        // In a term of the future this member has not voted. In the current one it may have.
        var free = message.CandidateTerm > _node.Term || (message.CandidateTerm == _node.Term && IsFreeFor(message.From));
        var granted = free && !isLeading && !IsWithheld && IsElectable(message.LastLogIndex, message.LastLogTerm);
        _node.Outbox.Send(new RequestPreVoteResponse(_node.Id, message.From, _node.Term, message.CandidateTerm, granted));
    }

    /// <summary>Answers a candidate of the current term; the answer leaves after the vote is durable (R26).</summary>
    /// <returns>Whether the vote was granted.</returns>
    public bool Answer(RequestVote message)
    {
        var withheld = IsWithheld && !message.IsLeadershipTransfer;
        var granted = IsFreeFor(message.From) && !withheld && IsElectable(message.LastLogIndex, message.LastLogTerm);
        if (granted)
        {
            _node.CastVote(message.From);
        }
        _node.Outbox.SendAfterFlush(new RequestVoteResponse(_node.Id, message.From, _node.Term, granted));
        return granted;
    }

    private bool IsFreeFor(MemberId candidate) => _node.Vote == candidate || (_node.Vote.IsNone && _node.Leader.IsNone);

    // Whether the candidate is in this member's configuration does not matter: that may be out of date (R6). A member that has none yet must
    // not vote at all.
    private bool IsElectable(LogIndex lastLogIndex, Term lastLogTerm) =>
        !_node.Configuration.IsEmpty && _node.Log.IsUpToDate(lastLogIndex, lastLogTerm);
}
