namespace HarmonyDB.Raft.Messages;

/// <summary>
/// A member asks whether it would get a vote if it stood for election (Raft dissertation, section 9.6). Neither side changes its term or its
/// vote, so one that cannot win disturbs nobody (R36). Asserts nothing about the disk and needs no flush.
/// </summary>
/// <param name="From">The sender.</param>
/// <param name="To">The receiver.</param>
/// <param name="Term">The sender's term, which it keeps while it asks; may be zero.</param>
/// <param name="CandidateTerm">The term in which the sender would stand: the one after <paramref name="Term"/>.</param>
/// <param name="LastLogIndex">The last index of the sender's log.</param>
/// <param name="LastLogTerm">The term of that entry.</param>
public sealed record RequestPreVote(MemberId From, MemberId To, Term Term, Term CandidateTerm, LogIndex LastLogIndex, Term LastLogTerm)
    : RaftMessage(From, To, Term);
