using HarmonyDB.Raft.Messages;
using HarmonyDB.Raft.Tests.Cluster;

namespace HarmonyDB.Raft.Tests;

public sealed class AuthorityTests
{
    private static readonly MemberId One = new(1);
    private static readonly MemberId Two = new(2);
    private static readonly MemberId Three = new(3);

    [Theory]
    [InlineData(0, false)]
    [InlineData(249, false)]
    [InlineData(250, true)]
    public void R37_Vote_IsWithheldWhileTheLeaderWasHeardOfLateAndOnlyThen(int silenceMilliseconds, bool granted)
    {
        var cluster = Cluster(3);
        cluster.Elect(1);
        cluster[2].Advance(TimeSpan.FromMilliseconds(silenceMilliseconds));

        cluster.Deliver(new RequestVote(Three, Two, new Term(2), new LogIndex(9), new Term(1)));

        Assert.Equal(granted, cluster.Take().OfType<RequestVoteResponse>().Any(response => response.VoteGranted));
        Assert.Equal(new Term(granted ? 2UL : 1), cluster[2].Node.Term);
        Assert.Equal(granted ? 0 : 1, cluster[2].Node.DroppedMessages.GetValueOrDefault(DropReason.LeaderAlive));
    }

    [Fact]
    public void R37_Vote_AskedForByTheLeaderItself_IsNotWithheld()
    {
        var cluster = Cluster(3);
        cluster.Elect(1);

        cluster.Deliver(new RequestVote(Three, Two, new Term(2), new LogIndex(9), new Term(1)) { IsLeadershipTransfer = true });

        Assert.True(Assert.IsType<RequestVoteResponse>(Assert.Single(cluster.Take())).VoteGranted);
    }

    [Fact]
    public void R37_Vote_IsWithheldInALaterTermToo()
    {
        var cluster = Cluster(3);
        cluster.Elect(1);

        // Something else made member 2 take over a later term. What it owes the leader it still owes it.
        cluster.Deliver(new HeartbeatResponse(Three, Two, new Term(2), 0));
        cluster.Deliver(new RequestVote(Three, Two, new Term(2), new LogIndex(9), new Term(1)));

        Assert.Equal(new Term(2), cluster[2].Node.Term);
        Assert.False(Assert.IsType<RequestVoteResponse>(Assert.Single(cluster.Take())).VoteGranted);
    }

    [Fact]
    public void R36_LeaderWithAQuorum_IgnoresVotesOfALaterTerm()
    {
        var cluster = Cluster(3);
        var leader = cluster.Elect(1);

        cluster.Deliver(new RequestVote(Three, One, new Term(9), new LogIndex(9), new Term(1)));
        Assert.Equal(Role.Leader, leader.Node.Role);

        // Nobody has answered for a minimum election timeout: perhaps the candidate is right.
        leader.Advance(TimeSpan.FromMilliseconds(250));
        cluster.Deliver(new RequestVote(Three, One, new Term(9), new LogIndex(9), new Term(1)));
        Assert.Equal(Role.Follower, leader.Node.Role);
        Assert.Equal(new Term(9), leader.Node.Term);
    }

    [Fact]
    public void R25_LeaderThatLostItsQuorum_KeepsItsVoteOfTheTerm()
    {
        var cluster = Cluster(3);
        var leader = cluster.Elect(1);
        leader.Advance(TimeSpan.FromMilliseconds(500));
        Assert.Equal(Role.Follower, leader.Node.Role);
        cluster.Take();

        cluster.Deliver(new RequestVote(Two, One, leader.Node.Term, new LogIndex(9), leader.Node.Term));

        Assert.False(Assert.IsType<RequestVoteResponse>(Assert.Single(cluster.Take())).VoteGranted);
    }

    [Fact]
    public void CheckQuorum_LearnersAnswer_DoNotCount()
    {
        var cluster = new TestCluster(new Configuration([One, Two, Three], [], [new MemberId(4), new MemberId(5)]), Defaults);
        var leader = cluster.Elect(1);
        cluster.Isolate(2);
        cluster.Isolate(3);

        Assert.True(cluster.Run(TimeSpan.FromMilliseconds(550), () => leader.Node.Role != Role.Leader));
    }

    [Fact]
    public void CheckQuorum_OneFollowerAnswers_TheLeaderStays()
    {
        var cluster = Cluster(3);
        var leader = cluster.Elect(1);
        cluster.Isolate(3);

        Assert.False(cluster.Run(TimeSpan.FromSeconds(10), () => leader.Node.Role != Role.Leader));
        Assert.Equal(new Term(1), leader.Node.Term);
    }

    [Fact]
    public void CheckQuorum_OnlyVoter_LeadsOn()
    {
        var cluster = Cluster(1);
        var leader = cluster.Elect(1);
        leader.HoldDisk = true;
        leader.Propose([1]);

        Assert.False(cluster.Run(TimeSpan.FromSeconds(10), () => leader.Node.Role != Role.Leader));
        Assert.True(leader.Node.IsDiskStalled && leader.Node.NextDeadline > leader.Now, "A deadline that is past for good would keep its host busy.");
    }

    [Fact]
    public void NextDeadline_LeaderWithReadsUnderWay_StillNoticesThatItsQuorumIsLost()
    {
        var cluster = Cluster(3);
        var leader = cluster.Elect(1);
        cluster.Isolate(1);
        for (var i = 0UL; leader.Node.Role == Role.Leader; i++)
        {
            Assert.True(leader.Now <= TimeSpan.FromSeconds(2), "The leader never gives up.");
            leader.ReadIndex(i);
            leader.AdvanceToDeadline();
            cluster.Settle();
        }
    }

    [Fact]
    public void R38_LeaderWithAStalledDisk_IsSucceededAfterTwoElectionTimeouts()
    {
        var cluster = Cluster(3);
        var leader = cluster.Elect(1);
        leader.HoldDisk = true;
        leader.Propose([1]);

        Assert.False(cluster.Run(TimeSpan.FromMilliseconds(990), () => cluster.Leader != leader));
        Assert.True(cluster.Run(TimeSpan.FromMilliseconds(20), () => cluster.Leader is { } successor && successor != leader));

        // For as long as the disk stands still the member follows. Then it is one like any other.
        Assert.False(cluster.Run(TimeSpan.FromSeconds(10), () => cluster.Leader == leader || leader.Node.Role != Role.Follower));
        leader.Flush();
        leader.HoldDisk = false;
        cluster.Crash(cluster.Leader!.Id);
        Assert.True(cluster.Run(TimeSpan.FromSeconds(5), () => cluster.Leader is not null));
    }

    [Fact]
    public void R38_FollowerWithAStalledDisk_ForcesNoElection()
    {
        var cluster = Cluster(3);
        var leader = cluster.Elect(1);
        cluster[2].HoldDisk = true;
        leader.Propose([1]);

        Assert.False(cluster.Run(TimeSpan.FromSeconds(3), () => cluster.Nodes.Values.Any(node => node.Node.Term > new Term(1))));
        Assert.Equal(leader.Node.LastIndex, leader.Node.Commit);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void R38_DiskStallsWhileStanding_ThenItStandsNoMore(bool preVote)
    {
        var cluster = new TestCluster(3, options => Defaults(options) with { PreVote = preVote });
        var node = cluster[1];
        cluster.Isolate(1);
        node.HoldDisk = true;
        node.Step(new Heartbeat(Two, One, new Term(3), LogIndex.Zero, 1));
        Assert.True(cluster.Run(TimeSpan.FromMilliseconds(510), () => node.Node.Role == (preVote ? Role.PreCandidate : Role.Candidate)));

        Assert.True(cluster.Run(TimeSpan.FromSeconds(1), () => node.Node.Role == Role.Follower));
        var term = node.Node.Term;
        Assert.False(cluster.Run(TimeSpan.FromSeconds(5), () => node.Node.Role != Role.Follower || node.Node.Term != term));

        node.HoldDisk = false;
        node.Flush();
        Assert.True(cluster.Run(TimeSpan.FromMilliseconds(510), () => node.Node.Role != Role.Follower));
    }

    [Fact]
    public void R38_WriteThatNeedNotBeFlushed_IsNoStall()
    {
        var cluster = Cluster(3);
        cluster.Elect(1);
        var leader = cluster[1];
        var index = leader.Propose([1]).Index;
        cluster.Settle();
        Assert.Equal(index, leader.Node.Commit);

        // Nothing but the commit index is left to write: a host may let that wait for the next flush, however long.
        leader.HoldDisk = true;
        Assert.False(cluster.Run(TimeSpan.FromSeconds(3), () => leader.Node.IsDiskStalled));
    }

    [Fact]
    public void R14_CommittedConfigurationNotApplied_DoesNotStand()
    {
        var cluster = Cluster(3);
        cluster[2].HoldApplied = true;
        var configuration = new Entry(new LogIndex(1), new Term(1), EntryKind.Configuration, TextConfigurationCodec.Encode("1 2 3"));
        cluster.Deliver(new AppendEntries(One, Two, new Term(1), LogIndex.Zero, Term.Zero, [configuration], new LogIndex(1)));
        Assert.Equal(new LogIndex(1), cluster[2].Node.Commit);

        cluster[2].Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(Role.Follower, cluster[2].Node.Role);
        cluster.Deliver(new TimeoutNow(One, Two, new Term(1)));
        Assert.Equal(Role.Follower, cluster[2].Node.Role);

        cluster[2].ReportApplied();
        cluster[2].Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(Role.PreCandidate, cluster[2].Node.Role);
    }

    [Fact]
    public void R59_LeaderWithoutQuorum_RefusesBeyondTheBoundOnEntries()
    {
        var cluster = new TestCluster(3, options => Defaults(options) with { MaximumUncommittedEntries = 10 });
        var leader = cluster.Elect(1);
        cluster.Isolate(1);

        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(ProposeStatus.Accepted, leader.Propose([]).Status);
        }
        Assert.Equal(ProposeStatus.TooManyUncommitted, leader.Propose([]).Status);
        Assert.Equal(10UL, leader.Node.LastIndex.Value - leader.Node.Commit.Value);

        cluster.Heal();
        cluster.Run(TimeSpan.FromMilliseconds(100));
        Assert.Equal(ProposeStatus.Accepted, leader.Propose([]).Status);
    }

    [Fact]
    public void R59_LeaderElectedAgainWithoutACommit_CountsTheBytesItHeldBefore()
    {
        var cluster = new TestCluster(3, options => options with { MaximumUncommittedBytes = 1000 });
        var leader = cluster.Elect(1);
        bool isAppend(RaftMessage message) => message is AppendEntries;
        Assert.Equal(ProposeStatus.Accepted, leader.Propose(new byte[800]).Status);
        cluster.Settle(isAppend);

        // It loses its place and wins it back, and still nobody takes its entries: the bound holds for all of them, not for each term.
        leader.Step(new HeartbeatResponse(Two, One, new Term(2), 0));
        leader.AdvanceToDeadline();
        cluster.Settle(isAppend);
        Assert.Equal((Role.Leader, new Term(3)), (leader.Node.Role, leader.Node.Term));
        Assert.Equal(ProposeStatus.TooManyUncommitted, leader.Propose(new byte[800]).Status);

        leader.Advance(TimeSpan.FromMilliseconds(50));
        cluster.Settle();
        Assert.Equal(leader.Node.LastIndex, leader.Node.Commit);
        Assert.Equal(ProposeStatus.Accepted, leader.Propose(new byte[800]).Status);
    }

    private static TestCluster Cluster(int voters) => new(voters, Defaults);

    private static RaftOptions Defaults(RaftOptions options) => options with { PreVote = true, CheckQuorum = true };
}
