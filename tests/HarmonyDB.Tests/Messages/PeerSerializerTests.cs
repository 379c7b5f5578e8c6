using Akka.Actor;
using Akka.TestKit.Xunit2;
using Google.Protobuf;
using HarmonyDB.Configuration;
using HarmonyDB.Messages;
using HarmonyDB.Raft;
using HarmonyDB.Raft.Messages;
using Xunit;
using static HarmonyDB.Tests.Messages.MessageSamples;

namespace HarmonyDB.Tests.Messages;

public sealed class PeerSerializerTests : TestKit
{
    private readonly PeerSerializer _serializer;

    public PeerSerializerTests()
        : base(HarmonyConfig.Akka)
    {
        _serializer = new PeerSerializer((ExtendedActorSystem)Sys);
    }

    public static TheoryData<int> Samples => [.. Enumerable.Range(0, All.Count)];

    [Fact]
    public void Samples_OfThisTest_CoverEveryKindThatTravels()
    {
        Assert.Equal(PeerSerializer.Types.ToHashSet(), All.Select(m => m.GetType()).ToHashSet());
        IEnumerable<Type> raft = typeof(RaftMessage).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(RaftMessage)));

        // A snapshot travels in parts; the message that names it is made where it has arrived.
        Assert.Equal(raft.Where(t => t != typeof(InstallSnapshot)).ToHashSet(), All.OfType<PeerFrame>().Select(f => f.Message.GetType()).ToHashSet());
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void RoundTrip_AnyMessage_SaysTheSame(int sample)
    {
        IPeerMessage message = All[sample];
        object back = _serializer.FromBinary(_serializer.ToBinary(message), _serializer.Manifest(message));
        Assert.IsType(message.GetType(), back);
        Assert.Equal(Text(message), Text(back));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(16 << 20)]
    public void RoundTrip_PayloadOfAnySize_IsTheSame(int bytes)
    {
        byte[] payload = Bytes(bytes);
        var append = new AppendEntries(
            new MemberId(1), new MemberId(2), new Term(1), default, default, [new Entry(new LogIndex(1), new Term(1), EntryKind.Command, payload)], default);
        var frame = (PeerFrame)_serializer.FromBinary(_serializer.ToBinary(new PeerFrame(1, append)), "raft1");
        Assert.True(((AppendEntries)frame.Message).Entries[0].Payload.Span.SequenceEqual(payload));
        var batch = (ForwardedBatch)_serializer.FromBinary(_serializer.ToBinary(new ForwardedBatch(1, 1, payload)), "forward1");
        Assert.True(batch.Payload.Span.SequenceEqual(payload));
    }

    [Fact]
    public void Manifests_AndNumber_StayAsTheyAreOnTheWire()
    {
        Assert.Equal(4053, _serializer.Identifier);
        Assert.Equal(
            ["raft1", "greet1", "greet-answer1", "snapshot1", "snapshot-answer1", "change1", "change-answer1", "forward1", "forward-answer1"],
            All.DistinctBy(m => m.GetType()).Select(_serializer.Manifest));
    }

    [Fact]
    public void A11_System_UsesThisSerializerForAllThatTravels() =>
        Assert.All(All, m => Assert.IsType<PeerSerializer>(Sys.Serialization.FindSerializerFor(m)));

    [Theory]
    [InlineData("")]
    [InlineData("raft2")]
    [InlineData("RAFT1")]
    [InlineData("System.Diagnostics.Process, System.Diagnostics.Process")]
    [InlineData("HarmonyDB.Messages.PeerFrame, HarmonyDB")]
    public void A11_FromBinary_ManifestItDoesNotKnow_IsRefused(string manifest) =>
        Assert.Throws<MalformedMessageException>(() => _serializer.FromBinary([], manifest));

    [Fact]
    public void ToBinary_WhatDoesNotTravel_IsMisuse()
    {
        Assert.Throws<ArgumentException>(() => _serializer.ToBinary("text"));
        Assert.Throws<ArgumentException>(() => _serializer.Manifest("text"));
    }

    [Fact]
    public void FromBinary_FieldOfANewerVersion_IsPassedOver()
    {
        byte[] bytes = [.. _serializer.ToBinary(All[0]), 0xF8, 0x3F, 1];
        Assert.Equal(Text(All[0]), Text(_serializer.FromBinary(bytes, "raft1")));
    }

    [Fact]
    public void FromBinary_FrameWithoutABody_IsRefused() => Assert.Throws<MalformedMessageException>(
        () => _serializer.FromBinary(new PeerFrameMessage { ClusterId = 1, From = 1, To = 2, Term = 3 }.ToByteArray(), "raft1"));

    [Theory]
    [InlineData(3u)]
    [InlineData(256u)]
    [InlineData(uint.MaxValue)]
    public void FromBinary_EntryOfAnUnknownKind_IsRefused(uint kind)
    {
        var wire = new PeerFrameMessage { AppendEntries = new AppendEntriesMessage { Entries = { new EntryMessage { Index = 1, Term = 1, Kind = kind } } } };
        Assert.Throws<MalformedMessageException>(() => _serializer.FromBinary(wire.ToByteArray(), "raft1"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(15)]
    [InlineData(17)]
    public void FromBinary_BirthIdOfAnotherLength_IsRefused(int length)
    {
        ByteString birthId = ByteString.CopyFrom(new byte[length]);
        Assert.Throws<MalformedMessageException>(() => _serializer.FromBinary(new GreetingMessage { BirthId = birthId }.ToByteArray(), "greet1"));
        Assert.Throws<MalformedMessageException>(() => _serializer.FromBinary(new GreetingAnswerMessage { BirthId = birthId }.ToByteArray(), "greet-answer1"));
    }

    [Fact]
    public void FromBinary_OutcomeOfANewerVersion_IsUnknown()
    {
        // Whatever a newer leader means by it: this node cannot say that nothing happened.
        byte[] bytes = new ForwardedBatchAnswerMessage { BatchId = 1, Outcome = (ForwardedBatchAnswerMessage.Types.Outcome)9 }.ToByteArray();
        Assert.Equal(BatchOutcome.Unknown, ((ForwardedBatchAnswer)_serializer.FromBinary(bytes, "forward-answer1")).Outcome);
    }
}
