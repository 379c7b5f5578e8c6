using Google.Protobuf;
using HarmonyDB.Raft;

namespace HarmonyDB.Messages;

/// <summary>Parts of snapshots in their wire form. The data is wrapped on the way out and sliced on the way in, not copied.</summary>
internal static class SnapshotCodec
{
    /// <summary>The wire form of a part.</summary>
    public static SnapshotChunkMessage ToWire(SnapshotChunk chunk) => new()
    {
        ClusterId = chunk.ClusterId,
        From = chunk.From.Value,
        To = chunk.To.Value,
        Term = chunk.Term.Value,
        TransferId = chunk.TransferId,
        Snapshot = new SnapshotNameMessage
        {
            Index = chunk.Snapshot.Index.Value,
            Term = chunk.Snapshot.Term.Value,
            Configuration = UnsafeByteOperations.UnsafeWrap(chunk.Snapshot.Configuration.Payload),
            ConfigurationIndex = chunk.Snapshot.ConfigurationIndex.Value,
        },
        Offset = (ulong)chunk.Offset,
        Data = UnsafeByteOperations.UnsafeWrap(chunk.Data),
        Checksum = chunk.Checksum,
        IsLast = chunk.IsLast,
    };

    /// <summary>The part of a wire form.</summary>
    /// <exception cref="MalformedMessageException">It does not say of which snapshot, has no sound configuration, or lies beyond any file.</exception>
    public static SnapshotChunk FromWire(SnapshotChunkMessage wire) => new(
        wire.ClusterId,
        new MemberId(wire.From),
        new MemberId(wire.To),
        new Term(wire.Term),
        wire.TransferId,
        FromWire(wire.Snapshot ?? throw new MalformedMessageException("A part of a snapshot does not say of which.")),
        Length(wire.Offset),
        wire.Data.Memory,
        wire.Checksum,
        wire.IsLast);

    /// <summary>The wire form of an answer.</summary>
    public static SnapshotAnswerMessage ToWire(SnapshotAnswer answer) => new()
    {
        ClusterId = answer.ClusterId,
        From = answer.From.Value,
        To = answer.To.Value,
        TransferId = answer.TransferId,
        ReceivedBytes = (ulong)answer.ReceivedBytes,
        Status = (SnapshotAnswerMessage.Types.Status)answer.Status,
    };

    /// <summary>The answer of a wire form.</summary>
    /// <exception cref="MalformedMessageException">Its status is of no kind this version knows.</exception>
    public static SnapshotAnswer FromWire(SnapshotAnswerMessage wire) => Enum.IsDefined(wire.Status)
        ? new SnapshotAnswer(
            wire.ClusterId, new MemberId(wire.From), new MemberId(wire.To), wire.TransferId, Length(wire.ReceivedBytes), (SnapshotStatus)wire.Status)
        : throw new MalformedMessageException($"The answer to a snapshot has status {wire.Status}, which this version does not know.");

    private static SnapshotMetadata FromWire(SnapshotNameMessage wire) => new(
        new LogIndex(wire.Index),
        new Term(wire.Term),
        Raft.Configuration.Decode(new ClusterConfigurationCodec(), wire.Configuration.Memory),
        new LogIndex(wire.ConfigurationIndex));

    private static long Length(ulong bytes) => bytes <= long.MaxValue / 2
        ? (long)bytes
        : throw new MalformedMessageException($"A snapshot cannot have {bytes} bytes.");
}
