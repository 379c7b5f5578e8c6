using HarmonyDB.Messages;
using HarmonyDB.Raft;

namespace HarmonyDB.Replication;

/// <summary>Something the host must do, in the order given. The host reports back through an event of <see cref="Replica"/>.</summary>
internal abstract record ReplicaEffect;

/// <summary>
/// Append to the log: hard state and entries in one write. Report <see cref="Replica.Appended"/> with the number when it and all before
/// it are durable; without <paramref name="MustFlush"/> it is enough that all before it are.
/// </summary>
internal sealed record AppendEffect(ulong Number, HardState? HardState, IReadOnlyList<Entry> Entries, bool MustFlush) : ReplicaEffect;

/// <summary>Send a message to a peer, at most once. Whatever it asserts is durable already.</summary>
internal sealed record SendEffect(string Address, IPeerMessage Message) : ReplicaEffect;

/// <summary>Apply committed entries, in order. Report <see cref="Replica.Applied"/>.</summary>
internal sealed record ApplyEffect(IReadOnlyList<Entry> Entries) : ReplicaEffect;

/// <summary>Read a range of the log. Report <see cref="Replica.LogRangeRead"/>.</summary>
internal sealed record ReadLogEffect(LogRead Request) : ReplicaEffect;

/// <summary>
/// Delete whole segments of the log below this index, oldest first, as long as <paramref name="RetainBytes"/> are left. Report
/// <see cref="Replica.LogTruncated"/> with the first index there is then.
/// </summary>
internal sealed record TruncateLogEffect(LogIndex FirstIndexToKeep, long RetainBytes) : ReplicaEffect;

/// <summary>
/// Put a snapshot in the place of the whole log: it begins anew after this entry, durably. Report <see cref="Replica.Appended"/> with the number, as for
/// an append. From then on the node starts from the snapshot that lies aside, whatever happens (R45, R46, R48).
/// </summary>
internal sealed record InstallSnapshotEffect(ulong Number, HardState? HardState, LogIndex Index, Term Term) : ReplicaEffect;

/// <summary>Put the snapshot that lies aside in the place of the store, and open it. Report <see cref="Replica.StoreSwapped"/>.</summary>
internal sealed record SwapStoreEffect(LogIndex Index, Term Term) : ReplicaEffect;

/// <summary>Pin the newest state of the store for reading. Report <see cref="Replica.SnapshotOpened"/>.</summary>
internal sealed record OpenSnapshotEffect(ulong TransferId) : ReplicaEffect;

/// <summary>Read the next part of a pinned state's stream. Report <see cref="Replica.SnapshotRead"/>.</summary>
internal sealed record ReadSnapshotEffect(ulong TransferId, int MaximumBytes) : ReplicaEffect;

/// <summary>Let go of a pinned state.</summary>
internal sealed record CloseSnapshotEffect(ulong TransferId) : ReplicaEffect;

/// <summary>Write a part of a snapshot aside; at offset 0 after discarding what lies there. Report <see cref="Replica.SnapshotWritten"/>.</summary>
internal sealed record WriteSnapshotEffect(long Offset, ReadOnlyMemory<byte> Data) : ReplicaEffect;

/// <summary>Check the snapshot that was written aside, and make a durable store of it, still aside. Report <see cref="Replica.SnapshotChecked"/>.</summary>
internal sealed record CheckSnapshotEffect(LogIndex Index, Term Term) : ReplicaEffect;

/// <summary>Tell who asked what became of a change of members or of leadership.</summary>
internal sealed record AnswerChangeEffect(ulong ChangeId, ChangeOutcome Outcome, MemberId Member, ClusterConfiguration? Configuration) : ReplicaEffect;

/// <summary>Tell the client side what became of a batch.</summary>
internal sealed record AnswerBatchEffect(ulong BatchId, BatchOutcome Outcome, IReadOnlyList<CommandResult> Results) : ReplicaEffect;

/// <summary>Tell the client side that reads which came before this request's start may proceed here, or that they cannot.</summary>
internal sealed record AnswerReadEffect(ulong RequestId, bool Confirmed) : ReplicaEffect;

/// <summary>
/// Write the identity file: that the folder is this member's, or that this member was removed and the folder is nobody's any more. Report
/// <see cref="Replica.IdentitySaved"/> when it is durable.
/// </summary>
internal sealed record SaveIdentityEffect(NodeIdentity Identity, bool IsRemoved = false) : ReplicaEffect;

/// <summary>Something an operator wants to read.</summary>
internal sealed record NoticeEffect(bool IsWarning, string Text) : ReplicaEffect;

/// <summary>Stop the node: it cannot take part.</summary>
internal sealed record StopEffect(string Reason) : ReplicaEffect;

/// <summary>What applying one entry gave.</summary>
internal sealed record AppliedEntry(LogIndex Index, Term Term, IReadOnlyList<CommandResult> Results);
