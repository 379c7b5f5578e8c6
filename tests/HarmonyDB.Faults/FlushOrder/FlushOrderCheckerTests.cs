using System.Buffers.Binary;
using System.Text;
using Google.Protobuf;
using HarmonyDB.Server.Etcd;
using Xunit;

namespace HarmonyDB.Faults.FlushOrder;

/// <summary>The check must object to traces in which something is wrong, else its agreement means nothing.</summary>
public sealed class FlushOrderCheckerTests
{
    private const string LogFolder = "/n/data/log";
    private const string Segment = LogFolder + "/1.log";
    private const int ClientPort = 2379;
    private const string Token = NodeTrace.TokenPrefix + "000000000001";
    private const long Revision = 12345;

    private static readonly TracedCall Write = Call(100, 110, "pwrite64", Segment, Encoding.ASCII.GetBytes($"..{Token}.."));
    private static readonly TracedCall Flush = Call(120, 200, "fdatasync", Segment);
    private static readonly TracedCall Answer = Call(210, 220, "sendmsg", $"TCP:[127.0.0.1:{ClientPort}->127.0.0.1:40000]", AnswerBytes(Revision));
    private static readonly NodeTrace GoodFollower = Node("n2", Write, Flush);
    private static readonly NodeTrace EmptyFollower = Node("n3");

    [Fact]
    public void Check_FlushedOnMajorityBeforeTheAnswer_IsAccepted()
    {
        var report = Check(Node("n1", Answer, Flush, Write), GoodFollower, EmptyFollower);
        Assert.Equal((1, 0), (report.Checked, report.Violations));
    }

    [Fact]
    public void Check_FlushEndsAfterTheAnswer_IsAViolation() => AssertViolation(Node("n1", Write, Flush with { EndMicroseconds = 211 }, Answer));

    [Fact]
    public void Check_FlushBeganBeforeTheWriteEnded_IsAViolation() => AssertViolation(Node("n1", Write, Flush with { StartMicroseconds = 109 }, Answer));

    [Fact]
    public void Check_FlushOfAnotherFile_IsAViolation() => AssertViolation(Node("n1", Write, Flush with { Descriptor = LogFolder + "/2.log" }, Answer));

    [Fact]
    public void Check_FlushFailed_IsAViolation() => AssertViolation(Node("n1", Write, Flush with { Result = -1 }, Answer));

    [Fact]
    public void N1_Check_FailedFlushRetried_IsAViolation() => AssertViolation(
        Node("n1", Write, Flush with { Result = -1 }, Flush with { StartMicroseconds = 201, EndMicroseconds = 205 }, Answer));

    [Fact]
    public void Check_NeverWritten_IsAViolation() => AssertViolation(Node("n1", Flush, Answer));

    [Fact]
    public void Check_AnswerNotInTheTrace_IsAViolation() => AssertViolation(Node("n1", Write, Flush));

    [Fact]
    public void Check_MajorityWithoutTheLeader_IsAViolationOnlyOfTheLeader()
    {
        NodeTrace[] nodes = [Node("n1", Write, Answer), GoodFollower, Node("n3", Write, Flush)];
        Assert.Equal(1, FlushOrderChecker.Check(nodes, [new AcknowledgedPut(Token, Revision)], leader: "n1").Violations);
        Assert.Equal(0, FlushOrderChecker.Check(nodes, [new AcknowledgedPut(Token, Revision)], leader: null).Violations);
    }

    [Fact]
    public void Check_OnlyTheLeaderFlushed_IsAViolation() =>
        Assert.Equal(1, Check(Node("n1", Write, Flush, Answer), EmptyFollower, Node("n2", Write, Flush with { EndMicroseconds = 300 })).Violations);

    [Fact]
    public void Check_GoodTraceWithoutItsFlushes_IsAViolation()
    {
        var good = Node("n1", Write, Flush, Answer);
        Assert.Equal(0, Check(good, GoodFollower, EmptyFollower).Violations);
        Assert.Equal(1, Check(good.WithoutFlushes(), GoodFollower.WithoutFlushes(), EmptyFollower).Violations);
    }

    [Fact]
    public void NodeTrace_AnswerTornOverTwoSends_IsFoundAndOtherAnswersAreNot()
    {
        var bytes = AnswerBytes(Revision);
        var status = Frame(0, 3, Message(new StatusResponse { Header = new ResponseHeader { Revision = 777 }, Leader = 1 }));
        var node = Node(
            "n1",
            Answer with { Data = bytes[..25] },
            Answer with { Data = [.. bytes[25..], .. status], StartMicroseconds = 215 },
            Answer with { Data = "HTTP/1.1 200 OK"u8.ToArray(), Descriptor = $"TCP:[127.0.0.1:{ClientPort}->127.0.0.1:40001]" });
        Assert.True(node.TryGetAnswered(Revision, out var answered));
        Assert.Equal(215, answered);
        Assert.False(node.TryGetAnswered(777, out _));
    }

    private static void AssertViolation(NodeTrace leader)
    {
        var report = Check(leader, GoodFollower, EmptyFollower);
        Assert.Equal((1, 1), (report.Checked, report.Violations));
        Assert.Contains(Token, Assert.Single(report.Examples), StringComparison.Ordinal);
    }

    private static FlushOrderReport Check(params NodeTrace[] nodes) => FlushOrderChecker.Check(nodes, [new AcknowledgedPut(Token, Revision)], "n1");

    private static NodeTrace Node(string name, params TracedCall[] calls) => new(name, calls, LogFolder, ClientPort);

    private static TracedCall Call(long start, long end, string name, string descriptor, byte[]? data = null) =>
        new(start, end, name, descriptor, data ?? [], 0);

    private static byte[] AnswerBytes(long revision) =>
    [
        .. Frame(4, 0, []),
        .. Frame(1, 1, [0x88]),
        .. Frame(0, 1, Message(new PutResponse { Header = new ResponseHeader { ClusterId = 1, MemberId = 2, Revision = revision, RaftTerm = 3 } })),
    ];

    private static byte[] Message(IMessage message)
    {
        var bytes = new byte[5 + message.CalculateSize()];
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(1), bytes.Length - 5);
        message.ToByteArray().CopyTo(bytes, 5);
        return bytes;
    }

    private static byte[] Frame(byte type, int stream, byte[] payload)
    {
        var frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, payload.Length << 8);
        frame[3] = type;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame, 9);
        return frame;
    }
}
