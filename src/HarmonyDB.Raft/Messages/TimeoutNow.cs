namespace HarmonyDB.Raft.Messages;

/// <summary>
/// A leader asks a follower to stand for election at once, without waiting for its timeout or asking for pre-votes (Raft dissertation,
/// section 3.10). Sent when the receiver holds the leader's whole log. Lost or duplicate ones do no harm.
/// </summary>
/// <param name="From">The sender.</param>
/// <param name="To">The receiver.</param>
/// <param name="Term">The leader's term.</param>
public sealed record TimeoutNow(MemberId From, MemberId To, Term Term)
    : RaftMessage(From, To, Term);
