using HarmonyDB.Raft;
using HarmonyDB.Raft.Messages;

namespace HarmonyDB.Messages;

/// <summary>A message that travels between nodes. The set is closed: <see cref="PeerSerializer"/> knows each of them.</summary>
internal interface IPeerMessage;

/// <summary>A Raft message and the cluster it belongs to.</summary>
internal sealed record PeerFrame(ulong ClusterId, RaftMessage Message) : IPeerMessage;

/// <summary>Who a node is, told to a listed peer.</summary>
internal sealed record Greeting(NodeIdentity Sender, IReadOnlyList<string> Listed) : IPeerMessage;

/// <summary>Answer to a <see cref="Greeting"/>: who the other is, and what follows from it.</summary>
internal sealed record GreetingAnswer(NodeIdentity Sender, ClusterConfiguration? Configuration, string Refusal) : IPeerMessage
{
    /// <summary>Where the configuration stands in the log: at 1 it is the one that the cluster was born with, and the greeter helps to found it.</summary>
    public LogIndex ConfigurationIndex { get; init; } = new(1);

    /// <summary>What all members should have alike; null from one that does not say.</summary>
    public ElectionSettings? Settings { get; init; }

    /// <summary>Birth id of the folder that greeted; none in an answer that nobody asked for. By the time it is read, another folder may be there (R9).</summary>
    public Guid GreetedBirthId { get; init; }

    /// <summary>The member that the folder said it was; 0 if it was blank. By the time it is read, it may have become one.</summary>
    public ulong GreetedMemberId { get; init; }
}

/// <summary>Commands on their way to the leader; <see cref="Payload"/> is a serialized <see cref="CommandBatch"/>.</summary>
internal sealed record ForwardedBatch(ulong ClusterId, ulong BatchId, ReadOnlyMemory<byte> Payload) : IPeerMessage;

/// <summary>What became of a <see cref="ForwardedBatch"/>.</summary>
internal sealed record ForwardedBatchAnswer(ulong BatchId, BatchOutcome Outcome, IReadOnlyList<CommandResult> Results) : IPeerMessage;

/// <summary>What became of a batch of commands.</summary>
internal enum BatchOutcome
{
    /// <summary>Committed and applied; the results are there.</summary>
    Applied,

    /// <summary>Not taken: nothing happened, and it may be handed to another leader.</summary>
    NotTaken,

    /// <summary>Taken, and then leadership was lost: it may still be committed, or not.</summary>
    Unknown,

    /// <summary>Not taken because the leader holds too much that is not committed yet.</summary>
    Overloaded,

    /// <summary>Not taken because the leader's disk is full.</summary>
    DiskFull,
}

/// <summary>A part of a snapshot on its way from a leader to a member that lacks what the leader's log no longer holds.</summary>
/// <param name="ClusterId">The cluster.</param>
/// <param name="From">The leader.</param>
/// <param name="To">The member.</param>
/// <param name="Term">The leader's term when its core asked for the snapshot.</param>
/// <param name="TransferId">Which try of the leader this is.</param>
/// <param name="Snapshot">What the snapshot holds.</param>
/// <param name="Offset">Where in the stream the data lies.</param>
/// <param name="Data">The data; empty only at the end of the stream.</param>
/// <param name="Checksum">CRC32C over offset and data: TCP's own would let one flipped bit in some gigabytes pass.</param>
/// <param name="IsLast">Whether the stream ends behind it.</param>
internal sealed record SnapshotChunk(
    ulong ClusterId, MemberId From, MemberId To, Term Term, ulong TransferId, SnapshotMetadata Snapshot, long Offset, ReadOnlyMemory<byte> Data, uint Checksum, bool IsLast)
    : IPeerMessage;

/// <summary>Answer to a <see cref="SnapshotChunk"/>.</summary>
internal sealed record SnapshotAnswer(ulong ClusterId, MemberId From, MemberId To, ulong TransferId, long ReceivedBytes, SnapshotStatus Status) : IPeerMessage;

/// <summary>How the receiver of a snapshot stands.</summary>
internal enum SnapshotStatus
{
    /// <summary>It waits for more, or is checking what it has.</summary>
    Receiving,

    /// <summary>It has all, checked, and its Raft core has been told.</summary>
    Complete,

    /// <summary>It cannot use this transfer; the sender begins anew.</summary>
    Failed,
}

/// <summary>A change of the members on its way to the leader.</summary>
internal sealed record ForwardedChange(ulong ClusterId, ulong ChangeId, MemberChange Change) : IPeerMessage;

/// <summary>What became of a <see cref="ForwardedChange"/>; with the members after it when it was made.</summary>
internal sealed record ForwardedChangeAnswer(ulong ChangeId, ChangeOutcome Outcome, MemberId Member, ClusterConfiguration? Configuration) : IPeerMessage;
