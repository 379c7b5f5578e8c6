namespace HarmonyDB.Raft;

/// <summary>What a member is doing (Raft paper, figure 4).</summary>
public enum Role
{
    /// <summary>Follows the leader of its term, or waits for one.</summary>
    Follower,

    /// <summary>Asks for votes.</summary>
    Candidate,

    /// <summary>Orders and replicates entries.</summary>
    Leader,
}
