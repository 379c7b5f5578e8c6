using Akka.Actor;
using Akka.Serialization;
using Google.Protobuf;
using HarmonyDB.Raft;

namespace HarmonyDB.Messages;

/// <summary>
/// What travels between nodes, as protobuf under short manifests. The set is closed: no type name is ever read from the wire, and what
/// is malformed or unknown is an exception of the transport that costs that one message (A11, A14).
/// </summary>
public sealed class PeerSerializer : SerializerWithStringManifest
{
    private const string FrameManifest = "raft1";
    private const string GreetingManifest = "greet1";
    private const string GreetingAnswerManifest = "greet-answer1";
    private const string ForwardedManifest = "forward1";
    private const string ForwardedAnswerManifest = "forward-answer1";
    private const string SnapshotChunkManifest = "snapshot1";
    private const string SnapshotAnswerManifest = "snapshot-answer1";
    private const string ForwardedChangeManifest = "change1";
    private const string ForwardedChangeAnswerManifest = "change-answer1";

    /// <summary>All that travels.</summary>
    internal static IReadOnlyList<Type> Types { get; } =
    [
        typeof(PeerFrame), typeof(Greeting), typeof(GreetingAnswer), typeof(ForwardedBatch), typeof(ForwardedBatchAnswer),
        typeof(SnapshotChunk), typeof(SnapshotAnswer), typeof(ForwardedChange), typeof(ForwardedChangeAnswer),
    ];

    /// <summary>Creates the serializer of a system.</summary>
    public PeerSerializer(ExtendedActorSystem system)
        : base(system)
    {
    }

    /// <summary>Number of this serializer on the wire.</summary>
    public override int Identifier => 4053;

    /// <inheritdoc/>
    public override string Manifest(object o) => o switch
    {
        PeerFrame => FrameManifest,
        Greeting => GreetingManifest,
        GreetingAnswer => GreetingAnswerManifest,
        ForwardedBatch => ForwardedManifest,
        ForwardedBatchAnswer => ForwardedAnswerManifest,
        SnapshotChunk => SnapshotChunkManifest,
        SnapshotAnswer => SnapshotAnswerManifest,
        ForwardedChange => ForwardedChangeManifest,
        ForwardedChangeAnswer => ForwardedChangeAnswerManifest,
        _ => throw new ArgumentException($"{o.GetType().Name} does not travel between nodes.", nameof(o)),
    };

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj) => (obj switch
    {
        PeerFrame frame => (IMessage)RaftMessageCodec.ToWire(frame),
        Greeting greeting => ToWire(greeting),
        GreetingAnswer answer => ToWire(answer),
        ForwardedBatch batch => new ForwardedBatchMessage
        {
            ClusterId = batch.ClusterId,
            BatchId = batch.BatchId,
            Payload = UnsafeByteOperations.UnsafeWrap(batch.Payload),
        },
        ForwardedBatchAnswer answer => new ForwardedBatchAnswerMessage
        {
            BatchId = answer.BatchId,
            Outcome = (ForwardedBatchAnswerMessage.Types.Outcome)answer.Outcome,
            Results = { answer.Results },
        },
        SnapshotChunk chunk => SnapshotCodec.ToWire(chunk),
        SnapshotAnswer answer => SnapshotCodec.ToWire(answer),
        ForwardedChange change => MemberChangeCodec.ToWire(change),
        ForwardedChangeAnswer answer => MemberChangeCodec.ToWire(answer),
        _ => throw new ArgumentException($"{obj.GetType().Name} does not travel between nodes.", nameof(obj)),
    }).ToByteArray();

    /// <inheritdoc/>
    /// <exception cref="MalformedMessageException">It is of no kind this version knows, cannot be decoded, or breaks a rule of ours.</exception>
    public override object FromBinary(byte[] bytes, string manifest) => manifest switch
    {
        FrameManifest => RaftMessageCodec.FromWire(WireParser.Parse(PeerFrameMessage.Parser, bytes)),
        GreetingManifest => FromWire(WireParser.Parse(GreetingMessage.Parser, bytes)),
        GreetingAnswerManifest => FromWire(WireParser.Parse(GreetingAnswerMessage.Parser, bytes)),
        ForwardedManifest => FromWire(WireParser.Parse(ForwardedBatchMessage.Parser, bytes)),
        ForwardedAnswerManifest => FromWire(WireParser.Parse(ForwardedBatchAnswerMessage.Parser, bytes)),
        SnapshotChunkManifest => SnapshotCodec.FromWire(WireParser.Parse(SnapshotChunkMessage.Parser, bytes)),
        SnapshotAnswerManifest => SnapshotCodec.FromWire(WireParser.Parse(SnapshotAnswerMessage.Parser, bytes)),
        ForwardedChangeManifest => MemberChangeCodec.FromWire(WireParser.Parse(ForwardedChangeMessage.Parser, bytes)),
        ForwardedChangeAnswerManifest => MemberChangeCodec.FromWire(WireParser.Parse(ForwardedChangeAnswerMessage.Parser, bytes)),
        _ => throw new MalformedMessageException($"A peer sent a message of an unknown kind \"{manifest}\"; it may be of a newer version."),
    };

    private static GreetingMessage ToWire(Greeting greeting) => new()
    {
        Name = greeting.Sender.Name,
        RaftAddress = greeting.Sender.RaftAddress,
        ClientUrls = { greeting.Sender.ClientUrls },
        BirthId = ToWire(greeting.Sender.BirthId),
        ClusterId = greeting.Sender.ClusterId,
        MemberId = greeting.Sender.MemberId,
        Listed = { greeting.Listed },
        ReplacesClusterId = greeting.Sender.Replaces.ClusterId,
        ReplacesMemberId = greeting.Sender.Replaces.MemberId,
    };

    private static Greeting FromWire(GreetingMessage wire) => new(
        new NodeIdentity(wire.Name, wire.RaftAddress, [.. wire.ClientUrls], BirthId(wire.BirthId), wire.ClusterId, wire.MemberId)
        {
            Replaces = (wire.ReplacesClusterId, wire.ReplacesMemberId),
        },
        [.. wire.Listed]);

    private static GreetingAnswerMessage ToWire(GreetingAnswer answer) => new()
    {
        Name = answer.Sender.Name,
        RaftAddress = answer.Sender.RaftAddress,
        ClientUrls = { answer.Sender.ClientUrls },
        BirthId = ToWire(answer.Sender.BirthId),
        ClusterId = answer.Sender.ClusterId,
        MemberId = answer.Sender.MemberId,
        Configuration = answer.Configuration?.ToMessage(),
        Refusal = answer.Refusal,
        ConfigurationIndex = answer.ConfigurationIndex.Value,
        GreetedBirthId = ToWire(answer.GreetedBirthId),
        GreetedMemberId = answer.GreetedMemberId,
        Settings = answer.Settings is null ? null : ToWire(answer.Settings),
    };

    private static ElectionSettingsMessage ToWire(ElectionSettings settings) => new()
    {
        TimeoutMinimumMilliseconds = (uint)settings.TimeoutMinimum.TotalMilliseconds,
        TimeoutMaximumMilliseconds = (uint)settings.TimeoutMaximum.TotalMilliseconds,
        CheckQuorum = settings.CheckQuorum,
        LeaseReads = settings.LeaseReads,
    };

    private static GreetingAnswer FromWire(GreetingAnswerMessage wire) => new(
        new NodeIdentity(wire.Name, wire.RaftAddress, [.. wire.ClientUrls], BirthId(wire.BirthId), wire.ClusterId, wire.MemberId),
        wire.Configuration is null ? null : ClusterConfiguration.From(wire.Configuration),
        wire.Refusal)
    {
        ConfigurationIndex = new LogIndex(wire.ConfigurationIndex),
        Settings = wire.Settings is null ? null : FromWire(wire.Settings),
        GreetedBirthId = wire.GreetedBirthId.IsEmpty ? default : BirthId(wire.GreetedBirthId),
        GreetedMemberId = wire.GreetedMemberId,
    };

    private static ElectionSettings FromWire(ElectionSettingsMessage wire) => new(
        TimeSpan.FromMilliseconds(wire.TimeoutMinimumMilliseconds), TimeSpan.FromMilliseconds(wire.TimeoutMaximumMilliseconds), wire.CheckQuorum, wire.LeaseReads);

    private static ForwardedBatch FromWire(ForwardedBatchMessage wire) => new(wire.ClusterId, wire.BatchId, wire.Payload.Memory);

    private static ForwardedBatchAnswer FromWire(ForwardedBatchAnswerMessage wire) => new(
        wire.BatchId,
        Enum.IsDefined(wire.Outcome) ? (BatchOutcome)wire.Outcome : BatchOutcome.Unknown,
        wire.Results);

    private static ByteString ToWire(Guid birthId) => ByteString.CopyFrom(birthId.ToByteArray(bigEndian: true));

    private static Guid BirthId(ByteString wire) => wire.Length == 16
        ? new Guid(wire.Span, bigEndian: true)
        : throw new MalformedMessageException($"A birth id has {wire.Length} bytes instead of 16.");
}
