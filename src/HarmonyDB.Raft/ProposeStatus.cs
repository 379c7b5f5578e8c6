namespace HarmonyDB.Raft;

/// <summary>What became of a proposal.</summary>
public enum ProposeStatus
{
    /// <summary>Appended to the leader's log. It may still be lost when leadership changes before it is committed.</summary>
    Accepted,

    /// <summary>This member does not lead; <see cref="ProposeResult.Leader"/> says who does, when known.</summary>
    NotLeader,

    /// <summary><see cref="RaftOptions.MaximumUncommittedBytes"/> or <see cref="RaftOptions.MaximumUncommittedEntries"/> already wait for a quorum (R59). Nothing was appended; try later.</summary>
    TooManyUncommitted,

    /// <summary>Leadership is being handed to another member (Raft dissertation, section 3.10). Nothing was appended; try again soon, or there.</summary>
    TransferInProgress,

    /// <summary>The payload exceeds <see cref="RaftOptions.MaximumEntryBytes"/>. Trying again will not help.</summary>
    TooLarge,
}
