namespace HarmonyDB.Raft.Messages;

/// <summary>The answer to <see cref="RequestVote"/>. Leaves after the vote is durable (R26).</summary>
/// <param name="From">The sender.</param>
/// <param name="To">The receiver.</param>
/// <param name="Term">The voter's term.</param>
/// <param name="VoteGranted">Whether the receiver has the sender's vote in that term.</param>
public sealed record RequestVoteResponse(MemberId From, MemberId To, Term Term, bool VoteGranted)
    : RaftMessage(From, To, Term);
