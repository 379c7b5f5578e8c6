using HarmonyDB.Messages;
using HarmonyDB.Raft;

namespace HarmonyDB.Replication;

/// <summary>What a replica shows of itself after an event.</summary>
/// <param name="Identity">Who it is.</param>
/// <param name="Role">Its Raft role; null while the cluster is not born.</param>
/// <param name="Term">Its term.</param>
/// <param name="Leader">The leader it knows, or none.</param>
/// <param name="LastIndex">Last entry of its log.</param>
/// <param name="Commit">Last entry it knows to be committed.</param>
/// <param name="Applied">Last entry applied.</param>
/// <param name="Configuration">The members; null while the cluster is not born.</param>
internal sealed record ReplicaView(
    NodeIdentity Identity, Role? Role, Term Term, MemberId Leader, LogIndex LastIndex, LogIndex Commit, LogIndex Applied, ClusterConfiguration? Configuration)
{
    /// <summary>Whether this node leads.</summary>
    public bool IsLeader => Role == Raft.Role.Leader;

    /// <summary>Whether its disk is full, so that it takes no writes.</summary>
    public bool IsDiskFull { get; init; }

    /// <summary>Where the leader's remoting listens; null when none is known.</summary>
    public string? LeaderAddress => Configuration?.Find(Leader)?.RaftAddress;
}
