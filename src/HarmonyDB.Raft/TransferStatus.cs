namespace HarmonyDB.Raft;

/// <summary>Whether <see cref="RaftNode.TransferLeadership(MemberId)"/> began. Whether it succeeded shows in who leads.</summary>
public enum TransferStatus
{
    /// <summary>
    /// It is under way: proposals are refused until the target has taken over or <see cref="RaftOptions.ElectionTimeoutMaximum"/> has passed,
    /// after which this member leads on (R12).
    /// </summary>
    Started,

    /// <summary>This member does not lead; nothing happened.</summary>
    NotLeader,

    /// <summary>The target is this member, which leads already.</summary>
    AlreadyLeader,

    /// <summary>The target is unknown, a learner, or about to lose its vote (R11).</summary>
    NotVoter,

    /// <summary>The target was not heard from of late, or where its log stands is not known: it could not take over in time (R11).</summary>
    NotReady,

    /// <summary>Leadership is already on its way to somebody else.</summary>
    InProgress,
}
