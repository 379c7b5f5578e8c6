namespace HarmonyDB.Raft.Messages;

/// <summary>
/// A leader has sent a snapshot (Raft paper, section 7). The state itself travels between the hosts; the receiver's host passes this message on when
/// it has all of it and has checked it. The answer is an <see cref="AppendEntriesResponse"/>, after the installation is durable; a snapshot
/// that brings nothing new is answered without installing it.
/// </summary>
/// <param name="From">The sender.</param>
/// <param name="To">The receiver.</param>
/// <param name="Term">The leader's term when it was asked for the snapshot.</param>
/// <param name="Snapshot">What the snapshot holds.</param>
public sealed record InstallSnapshot(MemberId From, MemberId To, Term Term, SnapshotMetadata Snapshot)
    : RaftMessage(From, To, Term);
