namespace HarmonyDB.Raft;

/// <summary>Whether <see cref="RaftNode.ReadIndex(ulong)"/> took the question.</summary>
public enum ReadIndexStatus
{
    /// <summary>The answer will come in <see cref="Ready.ReadStates"/> or <see cref="Ready.ReadFailures"/>.</summary>
    Accepted,

    /// <summary>No leader is known to ask.</summary>
    NoLeader,

    /// <summary><see cref="RaftOptions.MaximumPendingReads"/> are already waiting.</summary>
    TooManyPending,
}
