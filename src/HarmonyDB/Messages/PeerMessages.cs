using HarmonyDB.Raft.Messages;

namespace HarmonyDB.Messages;

/// <summary>A message that travels between nodes. The set is closed: <see cref="PeerSerializer"/> knows each of them.</summary>
internal interface IPeerMessage;

/// <summary>A Raft message and the cluster it belongs to.</summary>
internal sealed record PeerFrame(ulong ClusterId, RaftMessage Message) : IPeerMessage;

/// <summary>Who a node is, told to a listed peer.</summary>
internal sealed record Greeting(NodeIdentity Sender, IReadOnlyList<string> Listed) : IPeerMessage;

/// <summary>Answer to a <see cref="Greeting"/>: who the other is, and what follows from it.</summary>
internal sealed record GreetingAnswer(NodeIdentity Sender, ClusterConfiguration? Configuration, string Refusal) : IPeerMessage;

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
}
