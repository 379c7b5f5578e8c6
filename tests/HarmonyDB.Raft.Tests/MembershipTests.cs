using HarmonyDB.Raft.Messages;
using HarmonyDB.Raft.Tests.Cluster;

namespace HarmonyDB.Raft.Tests;

public sealed class MembershipTests
{
    private static readonly MemberId Three = new(3);

    [Theory]
    [InlineData("|2 3", ProposeStatus.IllegalConfiguration)]
    [InlineData("1 2||1 2 3", ProposeStatus.IllegalConfiguration)]
    [InlineData("1 2 3 9", ProposeStatus.NotCaughtUp)]
    [InlineData("1 2 3|9", ProposeStatus.Accepted)]
    [InlineData("1 2", ProposeStatus.Accepted)]
    public void ProposeConfiguration_OneStepFromThreeVoters_IsAnsweredAsItDeserves(string target, ProposeStatus expected)
    {
        var leader = new TestCluster(3).Elect(1);

        var result = leader.Node.ProposeConfiguration(TextConfigurationCodec.Encode(target));

        Assert.Equal(expected, result.Status);
        Assert.Equal(expected == ProposeStatus.Accepted ? new LogIndex(2) : LogIndex.Zero, result.Index);
        Assert.Equal(expected == ProposeStatus.Accepted ? result.Index : LogIndex.Zero, leader.Node.ConfigurationIndex);
    }

    [Fact]
    public void ProposeConfiguration_NotLeader_SaysWhoIs()
    {
        var cluster = new TestCluster(3);
        cluster.Elect(1);

        var result = cluster[2].Node.ProposeConfiguration(TextConfigurationCodec.Encode("1 2"));

        Assert.Equal((ProposeStatus.NotLeader, new MemberId(1)), (result.Status, result.Leader));
    }

    [Fact]
    public void ProposeConfiguration_NoConfiguration_Throws()
    {
        var leader = new TestCluster(3).Elect(1);
        Assert.Throws<FormatException>(() => leader.Node.ProposeConfiguration(TextConfigurationCodec.Encode("one two")));
        Assert.Throws<FormatException>(() => leader.Node.ProposeConfiguration(TextConfigurationCodec.Encode("1 1")));
    }

    [Fact]
    public void ProposeConfiguration_TooLarge_IsRefused()
    {
        var cluster = new TestCluster(3, options => options with { MaximumEntryBytes = 100 });
        var leader = cluster.Elect(1);
        var result = leader.Node.ProposeConfiguration(TextConfigurationCodec.Encode($"1 2/{new string('x', 100)}"));
        Assert.Equal(ProposeStatus.TooLarge, result.Status);
    }

    [Fact]
    public void ProposeConfiguration_LaggingLearner_IsPromotedOnlyWhenItHasCaughtUp()
    {
        var cluster = new TestCluster(TextConfigurationCodec.Parse("1 2|3"), options => options with { MaximumPromotionLagEntries = 2 });
        var leader = cluster.Elect(1);
        cluster.Isolate(3);
        for (var i = 0; i < 3; i++)
        {
            leader.Propose([1]);
        }
        cluster.Settle();
        Assert.Equal(ProposeStatus.NotCaughtUp, leader.Node.ProposeConfiguration(TextConfigurationCodec.Encode("1 2 3")).Status);

        cluster.Heal();
        Assert.True(cluster.Run(TimeSpan.FromSeconds(1), () => cluster[3].Node.LastIndex == leader.Node.LastIndex));
        Assert.Equal(ProposeStatus.Accepted, leader.Node.ProposeConfiguration(TextConfigurationCodec.Encode("1 2 3")).Status);
    }

    [Fact]
    public void R5_RemovedMember_IsDroppedAfterAnElectionTimeout_WhenItNeverAnswers()
    {
        var cluster = new TestCluster(3);
        var leader = cluster.Elect(1);
        cluster.Isolate(3);
        leader.Node.ProposeConfiguration(TextConfigurationCodec.Encode("1 2"));
        leader.Pump();
        cluster.Settle();
        Assert.Contains(leader.Node.Peers, peer => peer.Member == Three);

        cluster.Run(leader.Node.Options.ElectionTimeoutMaximum + (2 * leader.Node.Options.HeartbeatInterval));

        Assert.Equal(Role.Leader, leader.Node.Role);
        Assert.DoesNotContain(leader.Node.Peers, peer => peer.Member == Three);
    }

    [Fact]
    public void R5_ToldThatItWasRemoved_BeforeItWasAdded_DoesNotBelieveIt()
    {
        var cluster = new TestCluster(TextConfigurationCodec.Parse("1 2|3"));
        var leader = cluster.Elect(1);
        leader.Node.ProposeConfiguration(TextConfigurationCodec.Encode("1 2 3"));
        leader.Pump();
        cluster.Settle();
        Assert.Equal(new LogIndex(2), cluster[3].Node.ConfigurationIndex);

        cluster[3].Step(new MemberRemoved(new MemberId(2), Three, new Term(1), new LogIndex(2)));
        Assert.False(cluster[3].Node.IsRemoved);

        cluster[3].Step(new MemberRemoved(new MemberId(2), Three, new Term(1), new LogIndex(7)));
        Assert.True(cluster[3].Node.IsRemoved);
        cluster[3].AdvanceToDeadline();
        Assert.Equal(Role.Follower, cluster[3].Node.Role);
    }

    [Fact]
    public void R5_MemberThatCatchesUpThroughOldConfigurations_IsNotTakenForRemoved()
    {
        var cluster = new TestCluster(TextConfigurationCodec.Parse("1 2|3"));
        var leader = cluster.Elect(1);
        leader.Node.ProposeConfiguration(TextConfigurationCodec.Encode("1 2"));
        leader.Pump();
        cluster.Settle();
        var joined = cluster.Join(4);
        leader.Node.ProposeConfiguration(TextConfigurationCodec.Encode("1 2|4"));
        leader.Pump();
        cluster.Run(TimeSpan.FromSeconds(1), () => joined.Node.Commit == leader.Node.LastIndex);

        Assert.Equal(leader.Node.LastIndex, joined.Node.Commit);
        Assert.False(joined.Node.IsRemoved);
    }

    [Fact]
    public void R3_JointConfigurationWithoutItsPayload_IsRefusedAtStart()
    {
        var joint = new Configuration([new MemberId(1)], [new MemberId(2)], []);
        Assert.Throws<InvariantViolationException>(() => new RaftNode(
            new RaftOptions { Id = new MemberId(1), ConfigurationCodec = new TextConfigurationCodec() },
            RaftRestore.Blank(joint), new SeededRandomSource(1), TimeSpan.Zero));
    }

    [Fact]
    public void Configuration_NextLearnerThatIsNoOutgoingVoter_Throws()
    {
        Assert.Throws<ArgumentException>(() => new Configuration([new MemberId(1)], [new MemberId(2)], [], [Three]));
        Assert.Throws<ArgumentException>(() => new Configuration([new MemberId(1)], [new MemberId(1)], [], [new MemberId(1)]));
        Assert.Equal("voters=1 outgoing=1,2 learners=3 learners-next=2", TextConfigurationCodec.Parse("1|2 3|1 2").ToString());
    }

    [Theory]
    [InlineData("1 2 3", "1 2 3|4", true)]
    [InlineData("1 2 3", "1 2 3 4", true)]
    [InlineData("1 2 3", "1 3", true)]
    [InlineData("1 2 3", "1 3|2", true)]
    [InlineData("1 2 3", "1 2 4", false)]
    [InlineData("1 2 3", "1", false)]
    [InlineData("1 2 3", "1 2 3 4 5", false)]
    public void IsSimple_MoreThanOneVoterDiffers_TakesAJointConfiguration(string current, string target, bool isSimple) =>
        Assert.Equal(isSimple, ConfigurationChange.IsSimple(TextConfigurationCodec.Parse(current), TextConfigurationCodec.Parse(target)));

    [Fact]
    public void Join_CodecThatEncodesSomethingElse_IsFoundOut()
    {
        var current = TextConfigurationCodec.Parse("1 2 3");
        var target = TextConfigurationCodec.Parse("3 4 5");
        Assert.Throws<InvariantViolationException>(() => ConfigurationChange.Join(new ForgetfulCodec(), current, target));
        var joint = ConfigurationChange.Join(new TextConfigurationCodec(), current, target);
        Assert.Throws<InvariantViolationException>(() => ConfigurationChange.Leave(new ForgetfulCodec(), joint));
    }

    private sealed class ForgetfulCodec : IConfigurationCodec
    {
        public Configuration Decode(ReadOnlyMemory<byte> payload) => new TextConfigurationCodec().Decode(payload);

        public ReadOnlyMemory<byte> EncodeJoint(Configuration current, Configuration target) => target.Payload;

        public ReadOnlyMemory<byte> EncodeFinal(Configuration joint) => joint.Payload;
    }
}
