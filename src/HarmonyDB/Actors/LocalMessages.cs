using Akka.Actor;
using HarmonyDB.Client;
using HarmonyDB.Messages;
using HarmonyDB.Raft;
using HarmonyDB.Replication;

namespace HarmonyDB.Actors;

/// <summary>To LogActor and StorageActor: flush, or apply, what has gathered in the mailbox so far.</summary>
internal sealed class Gathered : INoSerializationVerificationNeeded
{
    /// <summary>The one instance.</summary>
    public static readonly Gathered Instance = new();

    private Gathered()
    {
    }
}

/// <summary>To any actor of a node: time to look at the clock.</summary>
internal sealed class ClockTick : INoSerializationVerificationNeeded
{
    /// <summary>The one instance.</summary>
    public static readonly ClockTick Instance = new();

    private ClockTick()
    {
    }
}

/// <summary>From LogActor: every append up to this number is durable.</summary>
internal sealed record LogAppended(ulong Number) : INoSerializationVerificationNeeded;

/// <summary>From LogActor: the entries of a range.</summary>
internal sealed record LogRangeRead(LogRead Request, IReadOnlyList<Entry> Entries) : INoSerializationVerificationNeeded;

/// <summary>From LogActor: the identity file says so, durably.</summary>
internal sealed record IdentitySaved(NodeIdentity Identity) : INoSerializationVerificationNeeded;

/// <summary>From StorageActor: these entries are applied and visible to readers.</summary>
internal sealed record EntriesApplied(IReadOnlyList<AppliedEntry> Entries) : INoSerializationVerificationNeeded;

/// <summary>From StorageActor: the store is durable, and the older of its two durable states has applied this entry.</summary>
internal sealed record StoreCheckpointed(LogIndex OlderDurable) : INoSerializationVerificationNeeded;

/// <summary>From LogActor: segments are deleted, and this is the first entry now.</summary>
internal sealed record LogTruncated(LogIndex FirstIndex) : INoSerializationVerificationNeeded;

/// <summary>From SnapshotActor: the store's state at this index is pinned; 0 when it could not be.</summary>
internal sealed record SnapshotOpened(ulong TransferId, LogIndex Index) : INoSerializationVerificationNeeded;

/// <summary>From SnapshotActor: the next part of a pinned state.</summary>
internal sealed record SnapshotRead(ulong TransferId, ReadOnlyMemory<byte> Data, bool IsEnd) : INoSerializationVerificationNeeded;

/// <summary>From SnapshotActor: this much of a snapshot is written aside.</summary>
internal sealed record SnapshotWritten(long Bytes) : INoSerializationVerificationNeeded;

/// <summary>From SnapshotActor: the snapshot lies aside as a store, or why it cannot be used.</summary>
internal sealed record SnapshotChecked(string? Problem) : INoSerializationVerificationNeeded;

/// <summary>From StorageActor: the snapshot is the store now.</summary>
internal sealed class StoreSwapped : INoSerializationVerificationNeeded
{
    /// <summary>The one instance.</summary>
    public static readonly StoreSwapped Instance = new();

    private StoreSwapped()
    {
    }
}

/// <summary>From LogActor and StorageActor: the disk is full for this part of the node, or is not any more.</summary>
internal sealed record DiskSpaceChanged(DiskPart Part, bool IsFull) : INoSerializationVerificationNeeded;

/// <summary>To MembershipActor, and from there to RaftActor: change the members. Answered with <see cref="ChangeAnswer"/>.</summary>
internal sealed record SubmitChange(MemberChange Change, TimeSpan Timeout) : INoSerializationVerificationNeeded;

/// <summary>To MembershipActor: hand leadership over, to anyone if the target is none. Answered with <see cref="ChangeAnswer"/>.</summary>
internal sealed record SubmitTransfer(MemberId Target, TimeSpan Timeout) : INoSerializationVerificationNeeded;

/// <summary>What became of a change of members or of leadership.</summary>
internal sealed record ChangeAnswer(ChangeOutcome Outcome, MemberId Member, ClusterConfiguration? Configuration) : INoSerializationVerificationNeeded;

/// <summary>From MembershipActor to RaftActor: change the members. Answered with <see cref="AnswerChangeEffect"/>.</summary>
internal sealed record ProposeChange(ulong ChangeId, MemberChange Change) : INoSerializationVerificationNeeded;

/// <summary>From MembershipActor to RaftActor: hand leadership over. Answered with <see cref="AnswerChangeEffect"/>.</summary>
internal sealed record ProposeTransfer(ulong ChangeId, MemberId Target) : INoSerializationVerificationNeeded;

/// <summary>From ClientActor to RaftActor: put this batch in the log. Answered with <see cref="AnswerBatchEffect"/>.</summary>
internal sealed record ProposeBatch(ulong BatchId, ReadOnlyMemory<byte> Payload) : INoSerializationVerificationNeeded;

/// <summary>From ClientActor to RaftActor: from when on are reads linearizable here? Answered with <see cref="AnswerReadEffect"/>.</summary>
internal sealed record AskReadIndex(ulong RequestId) : INoSerializationVerificationNeeded;

/// <summary>From RaftActor to ClientActor: who leads.</summary>
internal sealed record LeaderKnown(bool IsSelf, string? Address, Term Term) : INoSerializationVerificationNeeded;

/// <summary>To ClientActor: commit and apply a command. Answered with <see cref="CommandAnswer"/>.</summary>
internal sealed record SubmitCommand(Command Command, TimeSpan Timeout) : INoSerializationVerificationNeeded;

/// <summary>What became of a command.</summary>
internal sealed record CommandAnswer(CommandResult? Result, HarmonyException? Failure) : INoSerializationVerificationNeeded;

/// <summary>To ClientActor: when this node has applied all that was committed before now. Answered with <see cref="ReadAnswer"/>.</summary>
internal sealed record SubmitRead(TimeSpan Timeout) : INoSerializationVerificationNeeded;

/// <summary>The read may proceed, or why not.</summary>
internal sealed record ReadAnswer(HarmonyException? Failure) : INoSerializationVerificationNeeded;

/// <summary>To the supervisor: something that no actor owns has failed for good.</summary>
internal sealed record PartFailed(string Reason, Exception Failure) : INoSerializationVerificationNeeded;

/// <summary>To the supervisor: the node cannot go on.</summary>
internal sealed record StopNode(string Reason) : INoSerializationVerificationNeeded;
