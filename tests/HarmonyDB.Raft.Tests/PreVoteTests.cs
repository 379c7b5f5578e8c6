using HarmonyDB.Raft.Messages;
using HarmonyDB.Raft.Tests.Cluster;

namespace HarmonyDB.Raft.Tests;

public sealed class PreVoteTests
{
    private static readonly MemberId One = new(1);
    private static readonly MemberId Two = new(2);
    private static readonly MemberId Three = new(3);

    [Fact]
    public void PreVote_AskedForByAMemberOfALaterTerm_ChangesNeitherTermNorVote()
    {
        var cluster = Cluster();

        cluster.Deliver(new RequestPreVote(Two, One, new Term(8), new Term(9), LogIndex.Zero, Term.Zero));

        Assert.True(Assert.IsType<RequestPreVoteResponse>(Assert.Single(cluster.Take())).VoteGranted);
        Assert.Equal((Term.Zero, MemberId.None), (cluster[1].Node.Term, cluster[1].Node.Vote));
        Assert.Equal(Role.Follower, cluster[1].Node.Role);
    }

    [Theory]
    [InlineData(4, 9, true)]
    [InlineData(5, 9, true)]
    [InlineData(3, 9, false)]
    [InlineData(5, 1, false)]
    public void PreVote_InTermFive_IsGrantedForATermThatIsNotOverAndALogAtLeastAsComplete(ulong askersTerm, ulong lastIndex, bool granted)
    {
        var disks = new Dictionary<MemberId, TestDisk> { [One] = TestCluster.DiskWith(5, 1, 2) };
        var cluster = new TestCluster(Configuration.ForVoters(One, Two, Three), Defaults, disks);

        cluster.Deliver(new RequestPreVote(Two, One, new Term(askersTerm), new Term(askersTerm + 1), new LogIndex(lastIndex), new Term(2)));

        var answer = Assert.IsType<RequestPreVoteResponse>(Assert.Single(cluster.Take()));
        Assert.Equal(new RequestPreVoteResponse(One, Two, new Term(5), new Term(askersTerm + 1), granted), answer);
    }

    [Fact]
    public void PreVote_ForTheCurrentTermAfterTheVoteIsGiven_IsRefused()
    {
        var cluster = Cluster();
        cluster.Deliver(new RequestVote(Three, One, new Term(1), LogIndex.Zero, Term.Zero));
        cluster.Take();

        cluster.Deliver(new RequestPreVote(Two, One, Term.Zero, new Term(1), LogIndex.Zero, Term.Zero));

        Assert.False(Assert.IsType<RequestPreVoteResponse>(Assert.Single(cluster.Take())).VoteGranted);
    }

    [Fact]
    public void R30_LateAnswerToAnEarlierTry_DoesNotCount()
    {
        var cluster = Cluster();
        cluster[1].AdvanceToDeadline();
        cluster.Deliver(new RequestPreVoteResponse(Two, One, Term.Zero, new Term(7), true));

        Assert.Equal(Role.PreCandidate, cluster[1].Node.Role);
        Assert.Equal(Term.Zero, cluster[1].Node.Term);
    }

    [Fact]
    public void R30_EachTry_CountsAfresh()
    {
        var cluster = new TestCluster(5, Defaults);
        cluster[1].AdvanceToDeadline();
        cluster.Deliver(new RequestPreVoteResponse(Two, One, Term.Zero, new Term(1), true));
        cluster[1].AdvanceToDeadline();
        Assert.Equal(Role.PreCandidate, cluster[1].Node.Role);

        cluster.Deliver(new RequestPreVoteResponse(Three, One, Term.Zero, new Term(1), true));
        Assert.Equal(Role.PreCandidate, cluster[1].Node.Role);
        cluster.Deliver(new RequestPreVoteResponse(Two, One, Term.Zero, new Term(1), true));
        Assert.Equal(Role.Candidate, cluster[1].Node.Role);
    }

    [Fact]
    public void R30_PreCandidate_KnowsNoLeaderAndVotesForAnother()
    {
        var cluster = Cluster();
        cluster.Elect(1);
        cluster[2].AdvanceToDeadline();
        cluster.Take();
        Assert.Equal((Role.PreCandidate, MemberId.None), (cluster[2].Node.Role, cluster[2].Node.Leader));

        cluster.Deliver(new RequestVote(Three, Two, new Term(2), new LogIndex(9), new Term(1)));

        Assert.True(Assert.IsType<RequestVoteResponse>(Assert.Single(cluster.Take())).VoteGranted);
        Assert.Equal(Role.Follower, cluster[2].Node.Role);
    }

    [Fact]
    public void PreCandidate_VoteAskedForInItsOwnTerm_IsGrantedAndEndsItsTry()
    {
        var disks = new Dictionary<MemberId, TestDisk> { [One] = TestCluster.DiskWith(3) };
        var cluster = new TestCluster(Configuration.ForVoters(One, Two, Three), Defaults, disks);
        cluster[1].AdvanceToDeadline();
        cluster.Take();
        Assert.Equal(Role.PreCandidate, cluster[1].Node.Role);

        cluster.Deliver(new RequestVote(Two, One, new Term(3), LogIndex.Zero, Term.Zero));

        Assert.True(Assert.IsType<RequestVoteResponse>(Assert.Single(cluster.Take())).VoteGranted);
        Assert.Equal(Role.Follower, cluster[1].Node.Role);
    }

    [Fact]
    public void PreCandidate_HearsTheLeader_Follows()
    {
        var cluster = Cluster();
        cluster.Elect(1);
        cluster[2].AdvanceToDeadline();
        cluster.Take();

        cluster.Deliver(new Heartbeat(One, Two, new Term(1), LogIndex.Zero, 1));

        Assert.Equal((Role.Follower, One), (cluster[2].Node.Role, cluster[2].Node.Leader));
    }

    [Fact]
    public void PreVote_RefusedInALaterTermWhenNotAskingAnyMore_DeposesNobody()
    {
        var cluster = Cluster();
        var leader = cluster.Elect(1);

        cluster.Deliver(new RequestPreVoteResponse(Two, One, new Term(9), new Term(1), false));

        Assert.Equal((Role.Leader, new Term(1)), (leader.Node.Role, leader.Node.Term));
    }

    [Fact]
    public void PreVote_OfMembersThatDoNotVote_DoesNotCount()
    {
        var cluster = new TestCluster(new Configuration([One, Two, Three], [], [new MemberId(4)]), Defaults);
        cluster[1].AdvanceToDeadline();

        cluster.Deliver(new RequestPreVoteResponse(new MemberId(4), One, Term.Zero, new Term(1), true));
        cluster.Deliver(new RequestPreVoteResponse(new MemberId(5), One, Term.Zero, new Term(1), true));
        Assert.Equal(Role.PreCandidate, cluster[1].Node.Role);

        // A second answer of the same voter does not count either.
        cluster.Deliver(new RequestPreVoteResponse(Two, One, Term.Zero, new Term(1), false));
        cluster.Deliver(new RequestPreVoteResponse(Two, One, Term.Zero, new Term(1), true));
        Assert.Equal(Role.PreCandidate, cluster[1].Node.Role);
    }

    [Fact]
    public void PreVote_OnlyVoter_LeadsAtOnce()
    {
        var cluster = new TestCluster(1, Defaults);
        cluster[1].AdvanceToDeadline();

        Assert.Equal((Role.Leader, new Term(1)), (cluster[1].Node.Role, cluster[1].Node.Term));
    }

    [Theory]
    [InlineData(1UL)]
    [InlineData(7UL)]
    public void PreVote_TermAskedForIsNotTheNext_IsMalformed(ulong candidateTerm)
    {
        var cluster = Cluster();

        cluster.Deliver(new RequestPreVote(Two, One, new Term(5), new Term(candidateTerm), LogIndex.Zero, Term.Zero));

        Assert.Empty(cluster.Take());
        Assert.Equal(1, cluster[1].Node.DroppedMessages[DropReason.Malformed]);
    }

    [Theory]
    [InlineData(0b000)]
    [InlineData(0b001)]
    [InlineData(0b010)]
    [InlineData(0b011)]
    [InlineData(0b110)]
    [InlineData(0b111)]
    public void R29_SomeMembersWithPreVote_ElectALeaderAgainAfterEachFailure(int withPreVote)
    {
        var cluster = new TestCluster(3, options => Defaults(options) with { PreVote = (withPreVote & (1 << (int)(options.Id.Value - 1))) != 0 });
        for (var i = 0; i < 20; i++)
        {
            Assert.True(cluster.Run(TimeSpan.FromSeconds(5), () => cluster.Leader is { } leader && leader.Node.Commit == leader.Node.LastIndex));
            var cutOff = cluster.Leader!.Id.Value;
            cluster.Isolate(cutOff);
            Assert.True(cluster.Run(TimeSpan.FromSeconds(5), () => cluster.Leader is { } leader && leader.Id.Value != cutOff));
            cluster.Heal();
        }
    }

    private static TestCluster Cluster() => new(3, Defaults);

    private static RaftOptions Defaults(RaftOptions options) => options with { PreVote = true, CheckQuorum = true };
}
