using HarmonyDB.Raft.Messages;
using HarmonyDB.Raft.Tests.Cluster;

namespace HarmonyDB.Raft.Tests;

public sealed class ReadIndexTests
{
    private readonly List<ReadState> _answers = [];
    private readonly List<ulong> _failures = [];
    private readonly List<RaftMessage> _kept = [];

    [Fact]
    public void R17_LeaderWithoutCommitInItsTerm_WaitsForOne()
    {
        var cluster = Cluster();
        cluster.Elect(1);
        cluster[2].AdvanceToDeadline();
        cluster.Settle(message => message is AppendEntries);
        Assert.Equal(Role.Leader, cluster[2].Node.Role);

        Assert.Equal(ReadIndexStatus.Accepted, cluster[2].ReadIndex(7));
        cluster.Settle();
        Assert.Empty(_answers);

        cluster[2].AdvanceToDeadline();
        cluster.Settle();
        Assert.Equal([new ReadState(7, cluster[2].Node.LastIndex)], _answers);
    }

    [Fact]
    public void R18_AnswerToAnEarlierRound_DoesNotConfirmALaterRead()
    {
        var cluster = Cluster();
        var leader = cluster.Elect(1);
        leader.AdvanceToDeadline();
        cluster.Settle(message => message is HeartbeatResponse && Keep(message));

        leader.ReadIndex(7);
        foreach (var late in _kept)
        {
            cluster.Deliver(late);
        }
        Assert.Empty(_answers);

        cluster.Settle();
        Assert.Single(_answers);
    }

    [Fact]
    public void R18_EveryTry_HasAFreshId()
    {
        var cluster = Cluster();
        cluster.Elect(1);
        var ids = new HashSet<ulong>();

        cluster[2].ReadIndex(7);
        for (var i = 0; i < 3; i++)
        {
            Assert.True(ids.Add(Assert.IsType<ReadIndexRequest>(Assert.Single(cluster.Take())).RequestId));
            cluster[2].Advance(TimeSpan.FromMilliseconds(50));
        }
        cluster.Take();

        // Not even a restart within the term repeats one.
        cluster[2].Crash();
        cluster[2].Restart();
        cluster[1].AdvanceToDeadline();
        cluster.Settle();
        cluster[2].ReadIndex(8);
        Assert.True(ids.Add(Assert.IsType<ReadIndexRequest>(Assert.Single(cluster.Take())).RequestId));
    }

    [Fact]
    public void R20_AfterRestart_NothingIsReadBeforeTheLogHasCaughtUp()
    {
        var cluster = Cluster();
        var leader = cluster.Elect(1);
        leader.Propose([1]);
        cluster.Settle();
        var written = leader.Node.LastIndex;
        foreach (var node in cluster.Nodes.Values)
        {
            node.Crash();
            node.Restart();
        }

        Assert.Equal(ReadIndexStatus.NoLeader, cluster[2].ReadIndex(7));
        cluster.Elect(2);
        cluster[2].ReadIndex(8);
        cluster.Settle();

        Assert.True(Assert.Single(_answers).Index > written);
    }

    [Fact]
    public void R21_LostMessage_DelaysReadsByAHeartbeatOnly()
    {
        var cluster = Cluster();
        var leader = cluster.Elect(1);
        leader.ReadIndex(7);
        cluster.Take();
        leader.ReadIndex(8);
        Assert.Empty(cluster.Take());

        leader.Advance(leader.Node.Options.HeartbeatInterval);
        cluster.Settle();

        Assert.Equal([7UL, 8UL], _answers.Select(answer => answer.RequestId));
    }

    [Fact]
    public void Follower_LostRequest_AsksAgain()
    {
        var cluster = Cluster();
        cluster.Elect(1);
        cluster[2].ReadIndex(7);
        cluster.Take();

        cluster[2].Advance(TimeSpan.FromMilliseconds(50));
        cluster.Settle();

        Assert.Equal(7UL, Assert.Single(_answers).RequestId);
    }

    [Fact]
    public void R19_LeaderChangesBetweenAskAndAnswer_FailsTheRead()
    {
        var cluster = Cluster();
        cluster.Elect(1);
        cluster[2].ReadIndex(7);
        var asked = cluster.Take();
        cluster.Elect(3);
        Assert.Equal([7UL], _failures);

        foreach (var message in asked)
        {
            cluster.Deliver(message);
        }
        cluster.Settle();
        Assert.Empty(_answers);
    }

    [Fact]
    public void R16_LeaderWithoutQuorum_AnswersNothing()
    {
        var cluster = Cluster();
        var leader = cluster.Elect(1);
        cluster.Isolate(1);

        leader.ReadIndex(7);
        for (var i = 0; i < 20; i++)
        {
            leader.AdvanceToDeadline();
            cluster.Settle();
        }

        Assert.Empty(_answers);
    }

    [Fact]
    public void ReadIndex_TooManyPending_IsRefused()
    {
        var cluster = Cluster(options => options with { MaximumPendingReads = 2 });
        var leader = cluster.Elect(1);

        Assert.Equal(ReadIndexStatus.Accepted, leader.ReadIndex(1));
        Assert.Equal(ReadIndexStatus.Accepted, leader.ReadIndex(2));
        Assert.Equal(ReadIndexStatus.TooManyPending, leader.ReadIndex(3));
    }

    [Fact]
    public void NextDeadline_FollowerWithAQuestionUnderWay_IsWhenItAsksAgain()
    {
        var cluster = Cluster();
        cluster.Elect(1);
        cluster[2].ReadIndex(7);
        cluster.Take();
        Assert.Equal(cluster[2].Now + TimeSpan.FromMilliseconds(50), cluster[2].Node.NextDeadline);

        cluster[2].AdvanceToDeadline();

        Assert.IsType<ReadIndexRequest>(Assert.Single(cluster.Take()));
    }

    [Fact]
    public void Follower_TooManyPending_IsRefused()
    {
        var cluster = Cluster(options => options with { MaximumPendingReads = 2 });
        cluster.Elect(1);

        Assert.Equal(ReadIndexStatus.Accepted, cluster[2].ReadIndex(1));
        Assert.Equal(ReadIndexStatus.Accepted, cluster[2].ReadIndex(2));
        Assert.Equal(ReadIndexStatus.TooManyPending, cluster[2].ReadIndex(3));
    }

    [Theory]
    [InlineData(1UL, Role.Follower)]
    [InlineData(1UL, Role.Leader)]
    [InlineData(2UL, Role.Follower)]
    [InlineData(2UL, Role.PreCandidate)]
    [InlineData(3UL, Role.Candidate)]
    public void R19_QuestionAtAMemberThatCannotAnswer_IsRejected(ulong term, Role role)
    {
        var cluster = Cluster(options => options with { PreVote = role == Role.PreCandidate });
        cluster.Elect(1);
        cluster.Elect(2);
        var asked = cluster[role == Role.Leader ? 2UL : 3];
        if (role is Role.PreCandidate or Role.Candidate)
        {
            asked.AdvanceToDeadline();
            cluster.Take();
        }
        Assert.Equal(role, asked.Node.Role);

        cluster.Deliver(new ReadIndexRequest(new MemberId(1), asked.Id, new Term(term), 7));

        Assert.Equal(
            new ReadIndexResponse(asked.Id, new MemberId(1), asked.Node.Term, 7, LogIndex.Zero, true),
            Assert.IsType<ReadIndexResponse>(Assert.Single(cluster.Take())));
    }

    private bool Keep(RaftMessage message)
    {
        _kept.Add(message);
        return true;
    }

    private TestCluster Cluster(Func<RaftOptions, RaftOptions>? configure = null)
    {
        var cluster = new TestCluster(3, configure);
        foreach (var node in cluster.Nodes.Values)
        {
            node.ReadAnswered += (_, state) => _answers.Add(state);
            node.ReadFailed += (_, requestId) => _failures.Add(requestId);
        }
        return cluster;
    }
}
