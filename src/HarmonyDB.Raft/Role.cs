namespace HarmonyDB.Raft;

/// <summary>What a member is doing (Raft paper, figure 4; Raft dissertation, section 9.6 for the pre-candidate).</summary>
public enum Role
{
    /// <summary>Follows the leader of its term, or waits for one.</summary>
    Follower,

    /// <summary>Asks whether it would win an election, in the term it is in and without leaving it.</summary>
    PreCandidate,

    /// <summary>Asks for votes.</summary>
    Candidate,

    /// <summary>Orders and replicates entries.</summary>
    Leader,
}
