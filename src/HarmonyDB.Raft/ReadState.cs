namespace HarmonyDB.Raft;

/// <summary>A read that may proceed: it is linearizable once this member has applied <paramref name="Index"/> (Raft dissertation, section 6.4).</summary>
/// <param name="RequestId">The id given to <see cref="RaftNode.ReadIndex(ulong)"/>.</param>
/// <param name="Index">What must be applied first.</param>
public readonly record struct ReadState(ulong RequestId, LogIndex Index);
