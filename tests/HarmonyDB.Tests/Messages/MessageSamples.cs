using Google.Protobuf;
using HarmonyDB.Messages;
using HarmonyDB.Raft;
using HarmonyDB.Raft.Messages;

namespace HarmonyDB.Tests.Messages;

/// <summary>At least one message of each kind that travels, every field of it different from its default and from its neighbours.</summary>
internal static class MessageSamples
{
    private static readonly MemberId From = new(0x11);
    private static readonly MemberId To = new(ulong.MaxValue);
    private static readonly Term Term = new(0x33);

    private static readonly NodeIdentity Member =
        new("n1", "127.0.0.1:4053", ["http://127.0.0.1:2379", "http://localhost:2379"], Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"), 0xC1, 2);

    private static readonly SnapshotMetadata Snapshot = new(
        new LogIndex(9), new Term(2), ClusterConfigurationCodec.Decode(ClusterConfiguration.Initial(0xC1, [Member])), new LogIndex(4));

    private static readonly NodeIdentity Blank = new("ñ2", "[::1]:4053", [], Guid.Empty, 0, 0);

    public static IReadOnlyList<IPeerMessage> All { get; } =
    [
        new PeerFrame(0xC1, new RequestVote(From, To, Term, new LogIndex(1), new Term(2))),
        new PeerFrame(0xC1, new RequestVote(From, To, Term, new LogIndex(1), new Term(2)) { IsLeadershipTransfer = true }),
        new PeerFrame(0xC1, new RequestPreVote(From, To, Term, new Term(1), new LogIndex(2), new Term(3))),
        new PeerFrame(0xC1, new RequestPreVoteResponse(From, To, Term, new Term(1), VoteGranted: true)),
        new PeerFrame(0xC1, new RequestPreVoteResponse(From, To, default, new Term(1), VoteGranted: false)),
        new PeerFrame(0xC1, new TimeoutNow(From, To, Term)),
        new PeerFrame(0xC1, new RequestVoteResponse(From, To, Term, VoteGranted: true)),
        new PeerFrame(0xC1, new RequestVoteResponse(From, To, Term, VoteGranted: false)),
        new PeerFrame(ulong.MaxValue, new AppendEntries(From, To, Term, new LogIndex(1), new Term(2), [], new LogIndex(3))),
        Append(Entry(2, EntryKind.Command, 0), Entry(3, EntryKind.Noop, 0)),
        Append(Entry(1, EntryKind.Configuration, 300), Entry(ulong.MaxValue, EntryKind.Command, 1)),
        new PeerFrame(0xC1, new AppendEntriesResponse(From, To, Term, true, new LogIndex(1), new LogIndex(2), new Term(3))),
        new PeerFrame(0xC1, new AppendEntriesResponse(From, To, Term, false, default, new LogIndex(ulong.MaxValue), new Term(ulong.MaxValue))),
        new PeerFrame(0xC1, new Heartbeat(From, To, Term, new LogIndex(1), 2)),
        new PeerFrame(0xC1, new HeartbeatResponse(From, To, Term, 1)),
        new PeerFrame(0xC1, new ReadIndexRequest(From, To, Term, 1)),
        new PeerFrame(0xC1, new ReadIndexResponse(From, To, Term, 1, new LogIndex(2), Rejected: true)),
        new PeerFrame(0xC1, new ReadIndexResponse(From, To, Term, 1, new LogIndex(2), Rejected: false)),
        new PeerFrame(0xC1, new MemberRemoved(From, To, Term, new LogIndex(7))),
        new PeerFrame(0, new Heartbeat(default, default, default, default, 0)),
        new Greeting(Member, ["n1@127.0.0.1:4053", "n2@127.0.0.1:4063"]),
        new Greeting(Blank, []),
        new GreetingAnswer(Member, ClusterConfiguration.Initial(0xC1, [Member, Blank]), ""),
        new GreetingAnswer(Member, ClusterConfiguration.Initial(0xC1, [Member, Blank]).WithLearner("127.0.0.1:9", wantsVote: true), "") { ConfigurationIndex = new LogIndex(77) },
        new GreetingAnswer(Blank, null, "its data folder is new"),
        new GreetingAnswer(Member, null, "") { Settings = new ElectionSettings(TimeSpan.FromMilliseconds(3), TimeSpan.FromMilliseconds(5), CheckQuorum: true, LeaseReads: false) },
        new GreetingAnswer(Member, null, "") { Settings = new ElectionSettings(TimeSpan.FromSeconds(3), TimeSpan.FromHours(5), CheckQuorum: false, LeaseReads: true) },
        new GreetingAnswer(Blank, null, "it was removed") { GreetedBirthId = Member.BirthId, GreetedMemberId = 9 },
        new SnapshotChunk(0xC1, From, To, Term, 5, Snapshot, 1 << 16, Bytes(300), 0xDEADBEEF, IsLast: false),
        new SnapshotChunk(0xC1, From, To, Term, 5, Snapshot, 0, Bytes(0), 1, IsLast: true),
        new SnapshotAnswer(0xC1, From, To, 5, 1L << 40, SnapshotStatus.Receiving),
        new SnapshotAnswer(0xC1, From, To, 5, 0, SnapshotStatus.Failed),
        new SnapshotAnswer(0xC1, From, To, 5, 7, SnapshotStatus.Complete),
        new ForwardedChange(0xC1, 1, new AddMember("127.0.0.1:4083", IsLearner: true)),
        new ForwardedChange(0xC1, 2, new AddMember("127.0.0.1:4083", IsLearner: false)),
        new ForwardedChange(0xC1, 3, new PromoteMember(From)),
        new ForwardedChange(0xC1, 4, new RemoveMember(To)),
        new ForwardedChange(0xC1, 5, new UpdateMember(From, "127.0.0.1:4093")),
        new ForwardedChangeAnswer(1, ChangeOutcome.Done, From, ClusterConfiguration.Initial(0xC1, [Member, Blank])),
        new ForwardedChangeAnswer(2, ChangeOutcome.NotCaughtUp, From, null),
        new ForwardedBatch(0xC1, 1, Bytes(100)),
        new ForwardedBatch(0, ulong.MaxValue, default),
        new ForwardedBatchAnswer(1, BatchOutcome.Applied, [new CommandResult { Revision = 5 }, Deleted(Stored(), new StoredKeyValue())]),
        new ForwardedBatchAnswer(2, BatchOutcome.NotTaken, []),
        new ForwardedBatchAnswer(3, BatchOutcome.Unknown, []),
        new ForwardedBatchAnswer(ulong.MaxValue, BatchOutcome.Overloaded, []),
    ];

    /// <summary>Bytes that do not repeat soon.</summary>
    public static byte[] Bytes(int count)
    {
        byte[] bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }

    /// <summary>All that a message says, as text: what is equal here is equal.</summary>
    public static string Text(object message) => message switch
    {
        PeerFrame { Message: AppendEntries append } frame =>
            $"{frame.ClusterId:x} {append with { Entries = [] }} {string.Join(' ', append.Entries.Select(Text))}",
        PeerFrame frame => $"{frame.ClusterId:x} {frame.Message}",
        Greeting greeting => $"greeting {Text(greeting.Sender)} listed {string.Join(',', greeting.Listed)}",
        GreetingAnswer answer => $"answer {Text(answer.Sender)} {answer.Configuration?.ToMessage()} at {answer.ConfigurationIndex} refusal '{answer.Refusal}' of {answer.GreetedBirthId} {answer.GreetedMemberId} {answer.Settings}",
        SnapshotChunk chunk => $"chunk {chunk with { Data = default, Snapshot = chunk.Snapshot with { Configuration = HarmonyDB.Raft.Configuration.Empty } }} "
            + $"{chunk.Snapshot.Configuration} {Hex(chunk.Snapshot.Configuration.Payload)} {Hex(chunk.Data)}",
        SnapshotAnswer answer => $"{answer}",
        ForwardedChange change => $"{change}",
        ForwardedChangeAnswer answer => $"{answer with { Configuration = null }} {answer.Configuration?.ToMessage()}",
        ForwardedBatch batch => $"forward {batch.ClusterId:x} {batch.BatchId} {Hex(batch.Payload)}",
        ForwardedBatchAnswer answer => $"outcome {answer.BatchId} {answer.Outcome} {string.Join(' ', answer.Results)}",
        _ => throw new ArgumentException($"{message.GetType().Name} is not described.", nameof(message)),
    };

    private static string Text(NodeIdentity identity) =>
        $"{identity.Name} {identity.RaftAddress} [{string.Join(',', identity.ClientUrls)}] {identity.BirthId} {identity.ClusterId:x} {identity.MemberId:x}";

    private static string Text(Entry entry) => $"{entry.Index}/{entry.Term}/{entry.Kind}/{Hex(entry.Payload)}";

    private static PeerFrame Append(params Entry[] entries) => new(1, new AppendEntries(From, To, Term, new LogIndex(1), new Term(2), entries, new LogIndex(4)));

    private static CommandResult Deleted(params StoredKeyValue[] previous) => new() { Revision = 6, Deleted = previous.Length, Previous = { previous } };

    private static Entry Entry(ulong index, EntryKind kind, int bytes) => new(new LogIndex(index), new Term(7), kind, Bytes(bytes));

    private static StoredKeyValue Stored() => new()
    {
        Key = ByteString.CopyFromUtf8("key"),
        Value = ByteString.CopyFrom(Bytes(20)),
        CreateRevision = 2,
        ModRevision = 3,
        Version = 4,
        Lease = -1,
    };

    private static string Hex(ReadOnlyMemory<byte> bytes) => Convert.ToHexStringLower(bytes.Span);
}
