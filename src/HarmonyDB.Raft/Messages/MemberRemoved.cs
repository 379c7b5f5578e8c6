namespace HarmonyDB.Raft.Messages;

/// <summary>
/// Tells one that asks for votes that it was removed, in case it was cut off when that happened (R5; what section 4.2.3 of the Raft dissertation calls
/// a disruptive server then falls silent). Ids are never given twice, so it is true for ever and in every term.
/// </summary>
/// <param name="From">The sender.</param>
/// <param name="To">The receiver.</param>
/// <param name="Term">The sender's term; says nothing here.</param>
/// <param name="ConfigurationIndex">Where a committed configuration stands that does not name the receiver.</param>
public sealed record MemberRemoved(MemberId From, MemberId To, Term Term, LogIndex ConfigurationIndex)
    : RaftMessage(From, To, Term);
