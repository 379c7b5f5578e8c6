namespace HarmonyDB.Raft.Messages;

/// <summary>The answer to <see cref="ReadIndexRequest"/>.</summary>
/// <param name="From">The sender.</param>
/// <param name="To">The receiver.</param>
/// <param name="Term">The sender's term.</param>
/// <param name="RequestId">The id of the question.</param>
/// <param name="Index">What must be applied before reading; zero when rejected.</param>
/// <param name="Rejected">Whether the sender does not lead and so cannot answer.</param>
public sealed record ReadIndexResponse(MemberId From, MemberId To, Term Term, ulong RequestId, LogIndex Index, bool Rejected)
    : RaftMessage(From, To, Term);
