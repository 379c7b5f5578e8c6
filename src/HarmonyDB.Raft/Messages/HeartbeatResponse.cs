namespace HarmonyDB.Raft.Messages;

/// <summary>The answer to <see cref="Heartbeat"/>. Needs no flush: it asserts nothing about the disk.</summary>
/// <param name="From">The sender.</param>
/// <param name="To">The receiver.</param>
/// <param name="Term">The follower's term.</param>
/// <param name="Round">The round that is confirmed; zero when the sender was refused.</param>
public sealed record HeartbeatResponse(MemberId From, MemberId To, Term Term, ulong Round)
    : RaftMessage(From, To, Term);
