namespace HarmonyDB.Raft;

/// <summary>Why a message was dropped without effect. Late and duplicate messages are normal and not counted.</summary>
public enum DropReason
{
    /// <summary>It names another member as its receiver (R61).</summary>
    Misaddressed,

    /// <summary>It cannot come from an honest sender: no sender, an impossible term, entries that are not contiguous or of falling terms.</summary>
    Malformed,

    /// <summary>It carries a configuration that cannot be read.</summary>
    UnreadableConfiguration,

    /// <summary>It asks for a vote against a leader that this member hears, or leads itself with a quorum (Raft dissertation, section 4.2.3; R36).</summary>
    LeaderAlive,

    /// <summary>It asks this member to take over leadership, which it cannot: it has no vote, or its disk or its state machine is behind (R11, R14).</summary>
    CannotStand,

    /// <summary>It comes from a second leader of one term.</summary>
    SecondLeader,

    /// <summary>It would replace an entry that is committed.</summary>
    ConflictsWithCommitted,

    /// <summary>It says that entries are committed which this member's log does not reach, though it once asserted them (R41).</summary>
    CommitBeyondLast,

    /// <summary>It asserts entries beyond the leader's log.</summary>
    MatchBeyondLast,

    /// <summary>Too many entries wait for this member's disk already. The sender tries again.</summary>
    Overloaded,

    /// <summary>
    /// A peer refuses entries that it asserted in this term to hold: its disk went back in time (R41). It stays behind, and does not count for what
    /// it lost, until it is replaced by a member with a new id.
    /// </summary>
    AssertedEntriesLost,
}
