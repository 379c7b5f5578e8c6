namespace HarmonyDB.Raft.Messages;

/// <summary>A leader proves that it is alive, and asks the receiver to confirm that it still leads. Needs no flush.</summary>
/// <param name="From">The sender.</param>
/// <param name="To">The receiver.</param>
/// <param name="Term">The leader's term.</param>
/// <param name="LeaderCommit">The leader's commit index, but never beyond what the receiver is known to hold.</param>
/// <param name="Round">Which question this is: counts up within a term and is never asked twice (R18).</param>
public sealed record Heartbeat(MemberId From, MemberId To, Term Term, LogIndex LeaderCommit, ulong Round)
    : RaftMessage(From, To, Term);
