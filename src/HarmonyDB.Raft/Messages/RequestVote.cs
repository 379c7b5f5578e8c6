namespace HarmonyDB.Raft.Messages;

/// <summary>A candidate asks for a vote (Raft paper, section 5.2). Leaves after the candidate's own vote is durable.</summary>
/// <param name="From">The sender.</param>
/// <param name="To">The receiver.</param>
/// <param name="Term">The term in which the sender stands.</param>
/// <param name="LastLogIndex">The last index of the candidate's log.</param>
/// <param name="LastLogTerm">The term of that entry.</param>
public sealed record RequestVote(MemberId From, MemberId To, Term Term, LogIndex LastLogIndex, Term LastLogTerm)
    : RaftMessage(From, To, Term)
{
    /// <summary>
    /// Whether the leader itself asked the sender to stand: then voters that hear from that leader need not protect it (Raft dissertation,
    /// sections 3.10 and 4.2.3).
    /// </summary>
    public bool IsLeadershipTransfer { get; init; }
}
