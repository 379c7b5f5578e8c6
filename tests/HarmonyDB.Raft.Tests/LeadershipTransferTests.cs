using HarmonyDB.Raft.Messages;
using HarmonyDB.Raft.Tests.Cluster;

namespace HarmonyDB.Raft.Tests;

public sealed class LeadershipTransferTests
{
    private static readonly MemberId One = new(1);
    private static readonly MemberId Two = new(2);
    private static readonly MemberId Three = new(3);

    [Fact]
    public void Transfer_ToAVoterThatIsUpToDate_ElectsItWithoutATimeout()
    {
        var cluster = Cluster();
        var leader = cluster.Elect(1);

        Assert.Equal(new TransferResult(TransferStatus.Started, Two), leader.TransferLeadership(Two));
        cluster.Settle();

        Assert.Equal((Two, new Term(2)), (cluster.Leader!.Id, cluster.Leader.Node.Term));
        Assert.Equal(Role.Follower, leader.Node.Role);
        Assert.All(cluster.Nodes.Values, node => Assert.Equal(Two, node.Node.Leader));
    }

    [Fact]
    public void R12_WritesUnderWay_AreCommittedByTheSuccessor()
    {
        var cluster = Cluster();
        var leader = cluster.Elect(1);
        var written = leader.Propose([1]).Index;
        cluster.Take(message => message is AppendEntries);

        // The target lacks the entry, and what was sent is lost: the next heartbeat finds out, and brings it up to date.
        Assert.Equal(TransferStatus.Started, leader.TransferLeadership(Two).Status);
        Assert.Equal(ProposeStatus.TransferInProgress, leader.Propose([2]).Status);
        Assert.True(cluster.Run(TimeSpan.FromMilliseconds(200), () => cluster.Leader!.Id == Two));

        Assert.True(cluster.Run(TimeSpan.FromMilliseconds(200), () => cluster[2].Node.Applied > written));
        Assert.True(cluster[2].Node.Log.Matches(written, new Term(1)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void R12_UnderLoad_EndsWithinAnElectionTimeout(int voters)
    {
        var cluster = new TestCluster(voters, Defaults);
        cluster.Elect(1);
        var handedOver = 0;
        for (var i = 0; i < 50; i++)
        {
            var leader = cluster.Leader!;
            for (var n = 0; n < 20; n++)
            {
                leader.Propose([(byte)n]);
            }
            var started = leader.TransferLeadership();
            Assert.Equal(voters == 1 ? TransferStatus.NotReady : TransferStatus.Started, started.Status);
            cluster.Run(TimeSpan.FromMilliseconds(500));
            Assert.Equal(MemberId.None, leader.Node.TransferTarget);
            handedOver += cluster.Leader!.Id == started.Target ? 1 : 0;
            Assert.Equal(ProposeStatus.Accepted, cluster.Leader.Propose([1]).Status);
        }
        Assert.Equal(voters == 1 ? 0 : 50, handedOver);
    }

    [Fact]
    public void R12_TargetThatDoesNotAnswer_IsGivenUpAtTheDeadline()
    {
        var cluster = Cluster();
        var leader = cluster.Elect(1);
        leader.TransferLeadership(Two);
        cluster.Isolate(2);

        Assert.False(cluster.Run(TimeSpan.FromMilliseconds(490), () => leader.Node.TransferTarget != Two));
        Assert.True(cluster.Run(TimeSpan.FromMilliseconds(10), () => leader.Node.TransferTarget.IsNone));
        Assert.Equal(Role.Leader, leader.Node.Role);
        Assert.Equal(ProposeStatus.Accepted, leader.Propose([1]).Status);
    }

    [Fact]
    public void R12_NotLeading_IsRefusedAtOnce()
    {
        var cluster = Cluster();
        Assert.Equal(TransferStatus.NotLeader, cluster[1].TransferLeadership(Two).Status);
        cluster[1].AdvanceToDeadline();
        Assert.Equal(Role.PreCandidate, cluster[1].Node.Role);
        Assert.Equal(TransferStatus.NotLeader, cluster[1].TransferLeadership().Status);
        cluster.Settle(message => message is RequestVote);
        Assert.Equal(Role.Candidate, cluster[1].Node.Role);
        Assert.Equal(TransferStatus.NotLeader, cluster[1].TransferLeadership(Two).Status);
    }

    [Fact]
    public void Transfer_WithoutATarget_PicksTheMostCompleteLog()
    {
        var cluster = Cluster();
        var leader = cluster.Elect(1);
        cluster.Isolate(2);
        leader.Propose([1]);
        cluster.Settle();
        cluster.Heal();

        Assert.Equal(new TransferResult(TransferStatus.Started, Three), leader.TransferLeadership());
    }

    [Fact]
    public void R11_OutgoingVoter_IsRefused()
    {
        var cluster = new TestCluster(TextConfigurationCodec.Parse("1 2||1 2 3"), Defaults);
        var leader = cluster[1];
        leader.AdvanceToDeadline();
        cluster.Settle(message => message is AppendEntries);
        Assert.True(leader.Node.Role == Role.Leader && leader.Node.Configuration.IsJoint);

        Assert.Equal(TransferStatus.NotVoter, leader.TransferLeadership(Three).Status);
        Assert.Equal(TransferStatus.NotReady, leader.TransferLeadership(Two).Status);
    }

    [Fact]
    public void R11_PeerNotYetHeardFrom_IsNotReady()
    {
        var cluster = Cluster();
        var leader = cluster[1];
        leader.AdvanceToDeadline();
        cluster.Settle(message => message is AppendEntries);
        Assert.Equal(Role.Leader, leader.Node.Role);

        Assert.Equal(TransferStatus.NotReady, leader.TransferLeadership(Two).Status);
        Assert.Equal(TransferStatus.NotReady, leader.TransferLeadership().Status);
    }

    [Fact]
    public void R11_TimeoutNowAtALearner_IsDropped()
    {
        var cluster = new TestCluster(new Configuration([One, Two], [], [Three]), Defaults);
        cluster.Elect(1);

        cluster.Deliver(new TimeoutNow(One, Three, new Term(1)));

        Assert.Equal(Role.Follower, cluster[3].Node.Role);
        Assert.Equal(1, cluster[3].Node.DroppedMessages[DropReason.CannotStand]);
    }

    [Fact]
    public void TimeoutNow_FromSomebodyWhoDoesNotLead_HasNoEffect()
    {
        var cluster = Cluster();
        cluster.Elect(1);

        cluster.Deliver(new TimeoutNow(Three, Two, new Term(1)));

        Assert.Equal((Role.Follower, new Term(1)), (cluster[2].Node.Role, cluster[2].Node.Term));
    }

    [Fact]
    public void TimeoutNow_Twice_StartsOneElection()
    {
        var cluster = Cluster();
        cluster.Elect(1);

        cluster.Deliver(new TimeoutNow(One, Two, new Term(1)));
        cluster.Deliver(new TimeoutNow(One, Two, new Term(1)));
        cluster.Settle();
        cluster.Deliver(new TimeoutNow(One, Two, new Term(1)));
        cluster.Settle();

        Assert.Equal((Two, new Term(2)), (cluster.Leader!.Id, cluster.Leader.Node.Term));
    }

    private static TestCluster Cluster() => new(3, Defaults);

    private static RaftOptions Defaults(RaftOptions options) => options with { PreVote = true, CheckQuorum = true };
}
