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

/// <summary>Tell the client side what became of a batch.</summary>
internal sealed record AnswerBatchEffect(ulong BatchId, BatchOutcome Outcome, IReadOnlyList<CommandResult> Results) : ReplicaEffect;

/// <summary>Tell the client side that reads which came before this request's start may proceed here, or that they cannot.</summary>
internal sealed record AnswerReadEffect(ulong RequestId, bool Confirmed) : ReplicaEffect;

/// <summary>Write the identity file. Report <see cref="Replica.IdentitySaved"/> when it is durable.</summary>
internal sealed record SaveIdentityEffect(NodeIdentity Identity) : ReplicaEffect;

/// <summary>Something an operator wants to read.</summary>
internal sealed record NoticeEffect(bool IsWarning, string Text) : ReplicaEffect;

/// <summary>Stop the node: it cannot take part.</summary>
internal sealed record StopEffect(string Reason) : ReplicaEffect;

/// <summary>What applying one entry gave.</summary>
internal sealed record AppliedEntry(LogIndex Index, Term Term, IReadOnlyList<CommandResult> Results);
