namespace HarmonyDB.Raft;

/// <summary>
/// A leader asks its host to send a peer a snapshot, for the log no longer holds what the peer lacks (Raft paper, section 7; etcd's StateSnapshot). The
/// host picks a snapshot, carries it to the peer's host, and reports <see cref="RaftNode.SnapshotSent"/> or <see cref="RaftNode.SnapshotFailed"/>;
/// until then the peer is sent heartbeats only. The peer's host, when it has all of it, gives its node the <see cref="Messages.InstallSnapshot"/>
/// that names it.
/// </summary>
/// <param name="Peer">Who needs it.</param>
/// <param name="MinimumIndex">The least index that a snapshot must reach, or the log could not continue from it.</param>
/// <param name="Term">The leader's term, for the <see cref="Messages.InstallSnapshot"/>.</param>
public sealed record SnapshotRequest(MemberId Peer, LogIndex MinimumIndex, Term Term);
