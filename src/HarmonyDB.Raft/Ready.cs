using HarmonyDB.Raft.Messages;

namespace HarmonyDB.Raft;

/// <summary>
/// What the host has to do, from <see cref="RaftNode.TakeReady"/>. Several may be under way at once, but they are persisted in the order of
/// their numbers. For each: send <see cref="Messages"/>; install <see cref="Snapshot"/>; write <see cref="HardState"/> and <see cref="Entries"/>,
/// flushing if <see cref="MustFlush"/>; when that is durable call <see cref="RaftNode.Persisted"/> and send <see cref="MessagesAfterFlush"/>.
/// </summary>
public sealed class Ready
{
    /// <summary>Counts up by one from 1.</summary>
    public required ulong Number { get; init; }

    /// <summary>The hard state to write, or null when it did not change.</summary>
    public HardState? HardState { get; init; }

    /// <summary>
    /// A snapshot to install before the rest is written, or null (Raft paper, section 7; etcd's Ready.Snapshot). It takes the place of the state machine and
    /// of the whole log, which then begins after it. The installation must be complete and durable before <see cref="RaftNode.Persisted"/>, and a
    /// crash within it must leave the old state or the new one, never parts of both (R45, R46, R50). Then the host also reports
    /// <see cref="RaftNode.AppliedTo"/> with its index.
    /// </summary>
    public SnapshotMetadata? Snapshot { get; init; }

    /// <summary>
    /// Entries to append, contiguous. When the first index is not beyond the last one written, they replace the log from there on.
    /// </summary>
    public IReadOnlyList<Entry> Entries { get; init; } = [];

    /// <summary>Whether the write must reach the disk: a new term, vote, entry or snapshot does; a new commit index alone does not.</summary>
    public bool MustFlush { get; init; }

    /// <summary>Messages to send at once, in order per receiver. They may be lost, but the sooner they leave, the better.</summary>
    public IReadOnlyList<RaftMessage> Messages { get; init; } = [];

    /// <summary>
    /// Messages that assert something about this member's disk: they may leave only when this Ready and all before it are durable (R26). A Ready
    /// with nothing to write still waits for those before it.
    /// </summary>
    public IReadOnlyList<RaftMessage> MessagesAfterFlush { get; init; } = [];

    /// <summary>
    /// Entries to apply, in order, each handed out exactly once: committed, and durable in this member's own log (R27). Of every kind; the host
    /// skips what is not for its state machine but counts it as applied.
    /// </summary>
    public IReadOnlyList<Entry> CommittedEntries { get; init; } = [];

    /// <summary>Ranges to read back from the log.</summary>
    public IReadOnlyList<LogRead> LogReads { get; init; } = [];

    /// <summary>Peers that need a snapshot; each until it is reported sent or failed, or this member no longer leads.</summary>
    public IReadOnlyList<SnapshotRequest> SnapshotsToSend { get; init; } = [];

    /// <summary>
    /// Whether this member has just learned that it was removed from the cluster for good (R5). It stays a silent follower, and its host may stop it.
    /// </summary>
    public bool WasRemoved { get; init; }

    /// <summary>Reads that may proceed once their index is applied.</summary>
    public IReadOnlyList<ReadState> ReadStates { get; init; } = [];

    /// <summary>Reads that got no answer because leadership was lost or changed. Nothing was read; asking again is safe.</summary>
    public IReadOnlyList<ulong> ReadFailures { get; init; } = [];

    /// <summary>Whether the role, the term or the known leader changed since the previous Ready.</summary>
    public bool RoleChanged { get; init; }
}
