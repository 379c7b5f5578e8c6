namespace HarmonyDB.Raft;

/// <summary>What became of a proposal.</summary>
public enum ProposeStatus
{
    /// <summary>Appended to the leader's log. It may still be lost when leadership changes before it is committed.</summary>
    Accepted,

    /// <summary>This member does not lead; <see cref="ProposeResult.Leader"/> says who does, when known.</summary>
    NotLeader,

    /// <summary>
    /// <see cref="RaftOptions.MaximumUncommittedBytes"/> or <see cref="RaftOptions.MaximumUncommittedEntries"/> already wait for a quorum (R59). Nothing was
    /// appended; try later.
    /// </summary>
    TooManyUncommitted,

    /// <summary>Leadership is being handed to another member (Raft dissertation, section 3.10). Nothing was appended; try again soon, or there.</summary>
    TransferInProgress,

    /// <summary>The payload exceeds <see cref="RaftOptions.MaximumEntryBytes"/>. Trying again will not help.</summary>
    TooLarge,

    /// <summary>
    /// A change of membership is not committed yet, or its joint configuration is not left yet: one at a time (R2). Nothing was appended; try later.
    /// </summary>
    ConfigurationInFlight,

    /// <summary>
    /// No entry of the leader's own term is committed yet, and until then it may not change the membership (R1). Nothing was appended; try again
    /// in a moment.
    /// </summary>
    NoCommitInOwnTerm,

    /// <summary>
    /// A member that is to vote is no learner yet, or a learner that lacks more than <see cref="RaftOptions.MaximumPromotionLagEntries"/>. Nothing was
    /// appended; try again when it has caught up.
    /// </summary>
    NotCaughtUp,

    /// <summary>The configuration has no voter, or is joint: a leader goes through joint ones by itself. Trying again will not help.</summary>
    IllegalConfiguration,
}
