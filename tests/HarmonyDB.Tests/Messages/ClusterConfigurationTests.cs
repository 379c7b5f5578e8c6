using Google.Protobuf;
using HarmonyDB.Messages;
using HarmonyDB.Raft;
using Xunit;

namespace HarmonyDB.Tests.Messages;

public sealed class ClusterConfigurationTests
{
    private static readonly NodeIdentity[] Three =
        [.. Enumerable.Range(1, 3).Select(i => new NodeIdentity($"n{i}", $"127.0.0.1:{i}", [$"http://127.0.0.1:{i}"], new Guid(i, 0, 0, new byte[8]), 0, 0))];

    /// <summary>Each breaks one rule of a sound configuration.</summary>
    public static TheoryData<string> Rules => [.. Breakings.Keys];

    private static Dictionary<string, Action<ClusterConfigurationMessage>> Breakings { get; } = new()
    {
        ["no cluster"] = m => m.ClusterId = 0,
        ["no member"] = m => m.Members.Clear(),
        ["no voter"] = m => m.Members.ToList().ForEach(member => member.IsLearner = true),
        ["member without an id"] = m => m.Members[0].MemberId = 0,
        ["member twice"] = m => m.Members[1].MemberId = 1,
        ["id not given yet"] = m => m.Members[2].MemberId = m.NextMemberId,
        ["short birth id"] = m => m.Members[0].BirthId = ByteString.CopyFrom(new byte[15]),
        ["leaving member without an id"] = m => m.Outgoing.Add(new ClusterMemberMessage { BirthId = m.Members[0].BirthId }),
        ["leaving member twice"] = m => m.Outgoing.Add([m.Members[0], m.Members[0]]),
        ["leaving learner"] = m => m.Outgoing.Add(new ClusterMemberMessage(m.Members[0]) { IsLearner = true }),
        ["long birth id"] = m => m.Members[0].BirthId = ByteString.CopyFrom(new byte[17]),
    };

    [Fact]
    public void Initial_Members_AreVotersNumberedInTheirOrder()
    {
        var configuration = ClusterConfiguration.Parse(ClusterConfiguration.Initial(0xC1, Three).ToPayload());
        Assert.Equal(0xC1ul, configuration.ClusterId);
        Assert.Equal([1ul, 2, 3], configuration.Members.Select(m => m.Id.Value));
        Assert.Equal(Three.Select(m => (m.Name, m.RaftAddress, m.BirthId)), configuration.Members.Select(m => (m.Name, m.RaftAddress, m.BirthId)));
        Assert.Equal(["http://127.0.0.1:2"], configuration.Members[1].ClientUrls);
        Assert.Equal("n2", configuration.Find(new MemberId(2))?.Name);
        Assert.Equal("n3", configuration.Find(Three[2].BirthId)?.Name);
        Assert.Null(configuration.Find(Guid.Empty));
    }

    [Fact]
    public void Decode_VotersAndLearners_AreToldApart()
    {
        ClusterConfigurationMessage message = ClusterConfiguration.Initial(0xC1, Three).ToMessage().Clone();
        message.Members[1].IsLearner = true;
        HarmonyDB.Raft.Configuration decoded = new ClusterConfigurationCodec().Decode(message.ToByteArray());
        Assert.Equal([1ul, 3], decoded.Voters.Select(v => v.Value));
        Assert.Equal([2ul], decoded.Learners.Select(v => v.Value));
    }

    [Fact]
    public void EncodeJoint_ThreeOtherMembers_CountsBothAndEndsAtTheTarget()
    {
        ClusterConfiguration current = ClusterConfiguration.Initial(0xC1, Three);
        ClusterConfigurationMessage target = current.ToMessage().Clone();
        target.Members.RemoveAt(0);
        target.Members[0].IsLearner = true;
        target.Members.Add(new ClusterMemberMessage(target.Members[1]) { MemberId = target.NextMemberId++, RaftAddress = "127.0.0.1:4" });
        var codec = new ClusterConfigurationCodec();
        HarmonyDB.Raft.Configuration joint = HarmonyDB.Raft.Configuration.Decode(codec, codec.EncodeJoint(
            ClusterConfigurationCodec.Decode(current), HarmonyDB.Raft.Configuration.Decode(codec, target.ToByteArray())));

        Assert.Equal("voters=3,4 outgoing=1,2,3 learners-next=2", joint.ToString());
        var parsed = ClusterConfiguration.Parse(joint.Payload.Span);
        Assert.True(parsed.IsJoint);
        // Whoever has only this one must reach everybody whose vote counts.
        Assert.Equal("127.0.0.1:1", parsed.Find(new MemberId(1))?.RaftAddress);
        Assert.Equal("127.0.0.1:4", parsed.Find(new MemberId(4))?.RaftAddress);
        Assert.Equal(target, ClusterConfiguration.Parse(codec.EncodeFinal(joint).Span).ToMessage());
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public void Decode_ConfigurationThatBreaksARule_IsAFormatException(string rule)
    {
        ClusterConfigurationMessage message = ClusterConfiguration.Initial(0xC1, Three).ToMessage().Clone();
        Breakings[rule](message);
        Assert.Throws<MalformedMessageException>(() => new ClusterConfigurationCodec().Decode(message.ToByteArray()));
        Assert.Throws<MalformedMessageException>(() => ClusterConfiguration.From(message));
    }

    [Fact]
    public void Decode_PayloadCutAnywhere_IsAFormatException()
    {
        // Raft drops the message that carried the entry on a FormatException, and on that alone.
        byte[] payload = ClusterConfiguration.Initial(0xC1, Three).ToPayload();
        var codec = new ClusterConfigurationCodec();
        for (int length = 0; length < payload.Length; length++)
        {
            Assert.ThrowsAny<FormatException>(() => codec.Decode(payload.AsMemory(0, length)));
        }
    }

    [Theory]
    [InlineData("ff")]
    [InlineData("0a")]
    [InlineData("12ffffffff07")]
    [InlineData("09010203")]
    public void Decode_WhatIsNotProtobuf_IsAFormatException(string payload) =>
        Assert.IsAssignableFrom<FormatException>(Record.Exception(() => new ClusterConfigurationCodec().Decode(Convert.FromHexString(payload))));
}
