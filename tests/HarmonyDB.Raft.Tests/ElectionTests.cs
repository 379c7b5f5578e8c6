using HarmonyDB.Raft.Messages;
using HarmonyDB.Raft.Tests.Cluster;

namespace HarmonyDB.Raft.Tests;

public sealed class ElectionTests
{
    [Fact]
    public void Candidate_OwnVoteNotDurable_SendsNothingAndDoesNotCountIt()
    {
        var cluster = new TestCluster(1);
        cluster[1].HoldDisk = true;

        cluster[1].AdvanceToDeadline();

        Assert.Equal(Role.Candidate, cluster[1].Node.Role);
        cluster[1].Flush(1);
        Assert.Equal(Role.Leader, cluster[1].Node.Role);
    }

    [Fact]
    public void Candidate_DiskSlowerThanItsTimeout_HoldsItsElectionOnceItsVoteIsDurable()
    {
        var cluster = new TestCluster(3);
        cluster[1].HoldDisk = true;
        cluster[1].AdvanceToDeadline();

        // The requests wait for its disk. Were its term to move on meanwhile, none of them would ever be answered in time.
        cluster[1].Advance(TimeSpan.FromMilliseconds(900));
        Assert.Equal((Role.Candidate, new Term(1)), (cluster[1].Node.Role, cluster[1].Node.Term));

        cluster[1].HoldDisk = false;
        cluster[1].Flush();
        cluster[1].Advance(TimeSpan.FromMilliseconds(240));
        cluster.Settle();
        Assert.Equal((Role.Leader, new Term(1)), (cluster[1].Node.Role, cluster[1].Node.Term));
    }

    [Fact]
    public void R24_TermAndVote_AreWrittenInOneHardState()
    {
        var cluster = new TestCluster(3);
        var written = new List<HardState>();
        cluster[2].ReadyTaken += (_, ready) => written.AddRange(ready.HardState is { } hardState ? [hardState] : []);

        cluster[1].AdvanceToDeadline();
        cluster.Settle();

        Assert.Equal(new HardState(new Term(1), new MemberId(1), LogIndex.Zero), written[0]);
    }

    [Fact]
    public void R26_Vote_LeavesAfterTheFlush()
    {
        var cluster = new TestCluster(3);
        cluster[2].HoldDisk = true;
        cluster[1].AdvanceToDeadline();
        cluster.Settle(message => message.To.Value == 3);

        Assert.Equal(Role.Candidate, cluster[1].Node.Role);
        cluster[2].Flush(1);
        cluster.Settle(message => message.To.Value == 3);

        Assert.Equal(Role.Leader, cluster[1].Node.Role);
    }

    [Fact]
    public void R25_LeaderThatStepsDown_KeepsItsVoteOfTheTerm()
    {
        var cluster = new TestCluster(4);
        cluster[1].AdvanceToDeadline();
        var requests = cluster.Take();

        // Everybody refuses, so the candidate gives up within its term. Member 2, in the same term, then asks for the vote.
        foreach (var request in requests)
        {
            cluster.Deliver(new RequestVoteResponse(request.To, request.From, request.Term, false));
        }
        Assert.Equal(Role.Follower, cluster[1].Node.Role);
        cluster.Deliver(new RequestVote(new MemberId(2), new MemberId(1), new Term(1), new LogIndex(9), new Term(1)));

        Assert.False(Assert.IsType<RequestVoteResponse>(Assert.Single(cluster.Take())).VoteGranted);
    }

    [Theory]
    [InlineData(2, 2, true)]
    [InlineData(3, 2, true)]
    [InlineData(1, 3, true)]
    [InlineData(1, 2, false)]
    [InlineData(9, 1, false)]
    public void R37_Vote_GoesToLogsAtLeastAsComplete(ulong lastIndex, ulong lastTerm, bool granted)
    {
        var cluster = new TestCluster(Configuration.ForVoters(new MemberId(1), new MemberId(2)), disks: new Dictionary<MemberId, TestDisk>
        {
            [new MemberId(1)] = TestCluster.DiskWith(2, 1, 2),
        });

        cluster.Deliver(new RequestVote(new MemberId(2), new MemberId(1), new Term(5), new LogIndex(lastIndex), new Term(lastTerm)));

        Assert.Equal(granted, Assert.IsType<RequestVoteResponse>(Assert.Single(cluster.Take())).VoteGranted);
    }

    [Fact]
    public void R6_Candidate_NeedNotBeInTheVotersConfiguration()
    {
        var cluster = new TestCluster(3);

        cluster[1].Step(new RequestVote(new MemberId(77), new MemberId(1), new Term(1), LogIndex.Zero, Term.Zero));

        Assert.True(Assert.IsType<RequestVoteResponse>(Assert.Single(cluster.Take())).VoteGranted);
    }

    [Fact]
    public void Member_WithoutConfiguration_NeitherVotesNorStands()
    {
        var sent = new List<RaftMessage>();
        var node = new TestNode(
            new RaftOptions { Id = new MemberId(1), ConfigurationCodec = new TextConfigurationCodec() }, Configuration.Empty, sent.Add, []);

        node.AdvanceToDeadline();
        node.Step(new RequestVote(new MemberId(2), new MemberId(1), new Term(1), LogIndex.Zero, Term.Zero));

        Assert.Equal(Role.Follower, node.Node.Role);
        Assert.False(Assert.IsType<RequestVoteResponse>(Assert.Single(sent)).VoteGranted);
    }

    [Fact]
    public void Leader_HigherTerm_StepsDown()
    {
        var cluster = new TestCluster(3);
        var leader = cluster.Elect(1);

        leader.Step(new HeartbeatResponse(new MemberId(2), new MemberId(1), new Term(9), 0));

        Assert.Equal(Role.Follower, leader.Node.Role);
        Assert.Equal(new Term(9), leader.Node.Term);
        Assert.Equal(MemberId.None, leader.Node.Leader);
        Assert.Equal(ProposeStatus.NotLeader, leader.Propose([1]).Status);
    }

    [Fact]
    public void OutdatedLeader_Heard_IsToldTheTerm()
    {
        var cluster = new TestCluster(3);
        cluster.Elect(1);
        cluster.Isolate(1);
        cluster.Elect(2);
        cluster.Heal();

        cluster[1].AdvanceToDeadline();
        cluster.Settle();

        Assert.Equal(Role.Follower, cluster[1].Node.Role);
        Assert.Equal(new Term(2), cluster[1].Node.Term);
    }

    [Fact]
    public void ElectionTimeout_ManyDraws_SpreadsOverTheWholeRange()
    {
        var options = new RaftOptions { Id = new MemberId(1), ConfigurationCodec = new TextConfigurationCodec() };
        var random = new SeededRandomSource(1);
        var deadlines = Enumerable.Range(0, 500)
            .Select(_ => new RaftNode(options, RaftRestore.Blank(Configuration.ForVoters(options.Id)), random, TimeSpan.Zero).NextDeadline)
            .ToList();

        Assert.InRange(deadlines.Min(), options.ElectionTimeoutMinimum, options.ElectionTimeoutMinimum + TimeSpan.FromMilliseconds(10));
        Assert.InRange(deadlines.Max(), options.ElectionTimeoutMaximum - TimeSpan.FromMilliseconds(10), options.ElectionTimeoutMaximum);
    }

    [Fact]
    public void TakeReady_NothingIsReady_Throws()
    {
        var cluster = new TestCluster(1);

        Assert.False(cluster[1].Node.HasReady);
        Assert.Throws<InvalidOperationException>(() => cluster[1].Node.TakeReady());
    }

    [Fact]
    public void Tick_TimeGoesBack_Throws()
    {
        var cluster = new TestCluster(1);
        cluster[1].Advance(TimeSpan.FromMilliseconds(5));

        Assert.Throws<ArgumentOutOfRangeException>(() => cluster[1].Node.Tick(TimeSpan.Zero));
    }

    [Fact]
    public void R41_CommitBeyondTheLogOnDisk_RefusesToStart()
    {
        var disk = TestCluster.DiskWith(1, 1, 1);
        disk.HardState = disk.HardState with { Commit = new LogIndex(3) };
        var disks = new Dictionary<MemberId, TestDisk> { [new MemberId(1)] = disk };

        Assert.Throws<InvariantViolationException>(() => new TestCluster(Configuration.ForVoters(new MemberId(1)), disks: disks));
    }
}
