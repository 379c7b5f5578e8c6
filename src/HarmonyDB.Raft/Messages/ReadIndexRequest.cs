namespace HarmonyDB.Raft.Messages;

/// <summary>A follower asks its leader for an index that a linearizable read must have applied.</summary>
/// <param name="From">The sender.</param>
/// <param name="To">The receiver.</param>
/// <param name="Term">The follower's term.</param>
/// <param name="RequestId">Counts up from a random start, so that none is used twice, not even across a restart (R18).</param>
public sealed record ReadIndexRequest(MemberId From, MemberId To, Term Term, ulong RequestId)
    : RaftMessage(From, To, Term);
