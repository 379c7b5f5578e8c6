namespace HarmonyDB.Raft;

/// <summary>Where an election stands.</summary>
internal enum VoteOutcome
{
    /// <summary>Votes that can decide it are missing.</summary>
    Pending,

    /// <summary>A quorum granted its vote.</summary>
    Won,

    /// <summary>A quorum can no longer be reached.</summary>
    Lost,
}
