using HarmonyDB.Raft.Messages;
using HarmonyDB.Raft.Tests.Cluster;

namespace HarmonyDB.Raft.Tests;

public sealed class ReplicationTests
{
    private static readonly MemberId One = new(1);
    private static readonly MemberId Two = new(2);

    [Fact]
    public void Leader_OwnDiskSlow_CommitsWithTheOthersButDoesNotApply()
    {
        var cluster = new TestCluster(3);
        var leader = cluster.Elect(1);
        leader.HoldDisk = true;

        var index = leader.Propose([1]).Index;
        cluster.Settle();

        Assert.Equal(index, leader.Node.Commit);
        Assert.Equal(index.Previous, leader.Node.Applied);
        Assert.Equal(index, cluster[2].Node.Applied);
        leader.Flush();
        Assert.Equal(index, leader.Node.Applied);
    }

    [Fact]
    public void Leader_OwnDiskSlow_DoesNotCountItself()
    {
        var cluster = new TestCluster(2);
        var leader = cluster.Elect(1);
        leader.HoldDisk = true;

        var index = leader.Propose([1]).Index;
        cluster.Settle();
        Assert.Equal(index.Previous, leader.Node.Commit);

        leader.Flush();
        Assert.Equal(index, leader.Node.Commit);
    }

    [Fact]
    public void Follower_LeaderCommitBeyondWhatAgrees_CommitsOnlyWhatAgrees()
    {
        var cluster = new TestCluster(Configuration.ForVoters(One, Two), disks: new Dictionary<MemberId, TestDisk>
        {
            [One] = TestCluster.DiskWith(1, 1, 1, 1),
        });

        // The leader of term 2 has other entries at 2 and 3: what this member has there must not be taken for committed.
        cluster[1].Step(new AppendEntries(Two, One, new Term(2), new LogIndex(1), new Term(1), [], new LogIndex(3)));

        Assert.Equal(new LogIndex(1), cluster[1].Node.Commit);
    }

    [Fact]
    public void Follower_OwnDiskSlow_AnswersAfterTheFlush()
    {
        var cluster = new TestCluster(2);
        var leader = cluster.Elect(1);
        cluster[2].HoldDisk = true;

        var index = leader.Propose([1]).Index;
        cluster.Settle();
        Assert.Equal(index.Previous, leader.Node.Commit);

        cluster[2].Flush();
        cluster.Settle();
        Assert.Equal(index, leader.Node.Commit);
    }

    [Fact]
    public void R27_SingleMember_AppliesAfterItsOwnFlush()
    {
        var cluster = new TestCluster(1);
        var leader = cluster.Elect(1);
        leader.HoldDisk = true;

        var index = leader.Propose([1]).Index;
        Assert.Equal(index.Previous, leader.Node.Commit);

        leader.Flush();
        Assert.Equal(index, leader.Node.Applied);
    }

    [Fact]
    public void R44_LateAcknowledgementOfOverwrittenEntry_DoesNotCount()
    {
        var node = new RaftNode(
            new RaftOptions { Id = One, ConfigurationCodec = new TextConfigurationCodec() },
            RaftRestore.Blank(Configuration.ForVoters(One, Two, new MemberId(3))), new SeededRandomSource(1), TimeSpan.Zero);
        node.Step(new AppendEntries(Two, One, new Term(1), LogIndex.Zero, Term.Zero, [Command(1, 1), Command(2, 1)], LogIndex.Zero));
        var overwritten = node.TakeReady();
        node.Step(new AppendEntries(new MemberId(3), One, new Term(2), new LogIndex(1), new Term(1), [Command(2, 2)], LogIndex.Zero));
        var current = node.TakeReady();
        Assert.Equal(new LogIndex(2), Assert.Single(current.Entries).Index);

        node.Persisted(overwritten.Number);
        Assert.Equal(new LogIndex(1), node.Log.DurableIndex);

        node.Persisted(current.Number);
        Assert.Equal(new LogIndex(2), node.Log.DurableIndex);
    }

    [Fact]
    public void R40_DuplicateOfAnEarlierAppend_DoesNotTruncateWhatFollowed()
    {
        var cluster = new TestCluster(3);
        var leader = cluster.Elect(1);
        leader.Propose([1]);
        var early = cluster.Take(message => message.To == Two);
        leader.Propose([2]);
        var late = cluster.Take(message => message.To == Two);
        foreach (var message in early.Concat(late).Concat(early))
        {
            cluster.Deliver(message);
        }

        Assert.Equal(leader.Node.LastIndex, cluster[2].Node.LastIndex);
    }

    [Fact]
    public void R40_LateRefusal_DoesNotMoveNextBehindMatch()
    {
        var cluster = new TestCluster(3);
        var leader = cluster.Elect(1);
        leader.Propose([1]);
        cluster.Settle();
        var match = leader.Node.LastIndex;

        leader.Step(new AppendEntriesResponse(Two, One, leader.Node.Term, false, new LogIndex(1), LogIndex.Zero, Term.Zero));

        var peer = leader.Node.Peers.Single(status => status.Member == Two);
        Assert.Equal(match, peer.Match);
        Assert.Equal(ProgressState.Replicate, peer.State);
        Assert.True(peer.Next > peer.Match);
    }

    [Fact]
    public void R41_HeartbeatCommitBeyondLast_IsDroppedAndNotConfirmed()
    {
        var cluster = new TestCluster(3);
        cluster.Elect(1);

        cluster[2].Step(new Heartbeat(One, Two, new Term(1), new LogIndex(50), 9));

        Assert.Empty(cluster.Take());
        Assert.Equal(new LogIndex(1), cluster[2].Node.Commit);
        Assert.Equal(1, cluster[2].Node.DroppedMessages[DropReason.CommitBeyondLast]);
    }

    [Fact]
    public void R41_FollowerLostWhatItHeld_IsNotProbedWithoutPause()
    {
        var cluster = new TestCluster(3);
        var leader = cluster.Elect(1);
        leader.Propose([1]);
        leader.AdvanceToDeadline();
        cluster.Settle();

        // Its folder was put back from a copy: what it answered for is gone, and no smaller index is left to try.
        cluster[2].Crash();
        cluster[2].Disk.Entries.Clear();
        cluster[2].Disk.Applied.Clear();
        cluster[2].Disk.HardState = new HardState(new Term(1), MemberId.None, LogIndex.Zero);
        cluster[2].Restart();
        leader.Propose([2]);
        cluster.Take(message => message.To == Two);
        leader.Propose([3]);
        cluster.Settle();

        Assert.Equal(leader.Node.LastIndex, leader.Node.Commit);
        Assert.Equal(LogIndex.Zero, cluster[2].Node.LastIndex);
    }

    [Fact]
    public void R59_LeaderWithoutQuorum_RefusesBeyondTheBound()
    {
        var cluster = new TestCluster(3, options => options with { MaximumUncommittedBytes = 10_000 });
        var leader = cluster.Elect(1);
        cluster.Isolate(1);
        var accepted = 0;
        while (accepted < 1000 && leader.Propose(new byte[100]).Status == ProposeStatus.Accepted)
        {
            accepted++;
            cluster.Settle();
        }

        Assert.InRange(accepted, 50, 100);
        Assert.InRange(leader.Node.Log.TailBytes, 0, 11_000);
        Assert.Equal(ProposeStatus.TooManyUncommitted, leader.Propose(new byte[100]).Status);

        cluster.Heal();
        leader.AdvanceToDeadline();
        cluster.Settle();
        Assert.Equal(ProposeStatus.Accepted, leader.Propose(new byte[100]).Status);
    }

    [Fact]
    public void Propose_TooLarge_IsRefused()
    {
        var cluster = new TestCluster(1, options => options with { MaximumEntryBytes = 10 });
        var leader = cluster.Elect(1);

        Assert.Equal(ProposeStatus.TooLarge, leader.Propose(new byte[11]).Status);
        Assert.Equal(ProposeStatus.Accepted, leader.Propose(new byte[10]).Status);
    }

    [Fact]
    public void Leader_SilentFollower_StopsAtTheInflightBounds()
    {
        var cluster = new TestCluster(3, options => options with { MaximumInflightAppends = 3 });
        var leader = cluster.Elect(1);
        for (var i = 0; i < 10; i++)
        {
            leader.Propose([1]);
        }

        Assert.Equal(3, cluster.Take(message => message.To == Two && message is AppendEntries).Count);
        Assert.Equal(3, leader.Node.Peers.Single(status => status.Member == Two).InflightAppends);
    }

    [Fact]
    public void Propose_SeveralBeforeReady_ShareOneAppend()
    {
        var cluster = new TestCluster(2);
        var leader = cluster.Elect(1);
        leader.Node.Propose(new byte[] { 1 });
        leader.Node.Propose(new byte[] { 2 });
        leader.Pump();

        Assert.Equal(2, Assert.IsType<AppendEntries>(Assert.Single(cluster.Take())).Entries.Count);
    }

    [Fact]
    public void Tail_BeyondItsBound_IsEvictedAndReadBack()
    {
        var cluster = new TestCluster(3, options => options with { MaximumTailBytes = 1000, MaximumAppendBytes = 500 });
        var leader = cluster.Elect(1);
        cluster[3].Crash();
        for (var i = 0; i < 50; i++)
        {
            leader.Propose(new byte[100]);
            cluster.Settle();
            Assert.InRange(leader.Node.Log.TailBytes, 0, 1000);
        }
        cluster[3].Restart();
        for (var i = 0; i < 3; i++)
        {
            leader.AdvanceToDeadline();
            cluster.Settle();
        }

        Assert.Equal(leader.Node.LastIndex, cluster[3].Node.Applied);
    }

    [Fact]
    public void Applying_SlowStateMachine_HoldsBackWhatItIsGiven()
    {
        var cluster = new TestCluster(1, options => options with { MaximumCommittedBytesPerReady = 200, MaximumApplyingBytes = 400 });
        var leader = cluster.Elect(1);
        leader.HoldApplied = true;
        for (var i = 0; i < 20; i++)
        {
            leader.Propose(new byte[36]);
        }

        Assert.InRange(leader.Disk.Applied.Count, 2, 8);
        while (leader.Disk.Applied.Count < 21)
        {
            leader.ReportApplied();
        }
    }

    [Fact]
    public void Configuration_Appended_IsInForceUntilItIsTruncatedAway()
    {
        var cluster = new TestCluster(3);
        var configuration = new Entry(new LogIndex(1), new Term(1), EntryKind.Configuration, TextConfigurationCodec.Encode("1 2 3 4"));

        cluster[1].Step(new AppendEntries(Two, One, new Term(1), LogIndex.Zero, Term.Zero, [configuration], LogIndex.Zero));
        Assert.Equal(4, cluster[1].Node.Configuration.Voters.Length);

        // R3: it is in force after a restart too, committed or not.
        cluster[1].Crash();
        cluster[1].Restart();
        Assert.Equal(4, cluster[1].Node.Configuration.Voters.Length);

        cluster[1].Step(new AppendEntries(new MemberId(3), One, new Term(2), LogIndex.Zero, Term.Zero, [Command(1, 2)], LogIndex.Zero));
        Assert.Equal(3, cluster[1].Node.Configuration.Voters.Length);
    }

    public static TheoryData<string, DropReason> BrokenMessages => new()
    {
        { "gap", DropReason.Malformed },
        { "falling term", DropReason.Malformed },
        { "term beyond the leader's", DropReason.Malformed },
        { "no sender", DropReason.Malformed },
        { "impossible term", DropReason.Malformed },
        { "to itself", DropReason.Malformed },
        { "no entries at all", DropReason.Malformed },
        { "term of nothing", DropReason.Malformed },
        { "configuration", DropReason.UnreadableConfiguration },
        { "second leader", DropReason.SecondLeader },
        { "overwrites committed", DropReason.ConflictsWithCommitted },
    };

    [Theory]
    [MemberData(nameof(BrokenMessages))]
    public void Step_MessageThatBreaksTheProtocol_IsDroppedAndCounted(string what, DropReason reason)
    {
        var cluster = new TestCluster(3);
        cluster.Elect(1);
        var follower = cluster[2].Node;
        var unreadable = new Entry(new LogIndex(2), new Term(1), EntryKind.Configuration, TestCluster.Bytes("?"));
        var good = new AppendEntries(One, Two, new Term(1), new LogIndex(1), new Term(1), [], LogIndex.Zero);
        RaftMessage message = what switch
        {
            "gap" => good with { Entries = [Command(3, 1)] },
            "falling term" => good with { Term = new Term(3), Entries = [Command(2, 2), Command(3, 1)] },
            "term beyond the leader's" => good with { Entries = [Command(2, 2)] },
            "no sender" => good with { From = MemberId.None },
            "impossible term" => good with { Term = new Term(ulong.MaxValue) },
            "to itself" => good with { From = Two },
            "no entries at all" => good with { Entries = null! },
            "term of nothing" => good with { PrevLogTerm = Term.Zero },
            "configuration" => good with { Entries = [unreadable] },
            "second leader" => good with { From = new MemberId(3) },
            _ => good with { Term = new Term(2), PrevLogIndex = LogIndex.Zero, PrevLogTerm = Term.Zero, Entries = [Command(1, 2)] },
        };

        follower.Step(message);

        Assert.Equal(1, follower.DroppedMessages[reason]);
        Assert.Equal(new LogIndex(1), follower.LastIndex);
    }

    [Fact]
    public void R61_MessageForAnotherMember_HasNoEffectWhateverItSays()
    {
        var cluster = new TestCluster(3);
        cluster.Elect(1);
        var (other, term) = (new MemberId(3), new Term(9));
        RaftMessage[] messages =
        [
            new RequestPreVote(One, other, term, term.Next, new LogIndex(9), term),
            new RequestPreVoteResponse(One, other, term, term.Next, true),
            new RequestVote(One, other, term, new LogIndex(9), term) { IsLeadershipTransfer = true },
            new RequestVoteResponse(One, other, term, true),
            new AppendEntries(One, other, term, LogIndex.Zero, Term.Zero, [], LogIndex.Zero),
            new AppendEntriesResponse(One, other, term, true, new LogIndex(9), LogIndex.Zero, Term.Zero),
            new Heartbeat(One, other, term, LogIndex.Zero, 1),
            new HeartbeatResponse(One, other, term, 1),
            new ReadIndexRequest(One, other, term, 1),
            new ReadIndexResponse(One, other, term, 1, new LogIndex(9), false),
            new TimeoutNow(One, other, term),
        ];

        foreach (var message in messages)
        {
            cluster[1].Step(message with { From = Two });
            cluster[2].Step(message);
        }

        Assert.Empty(cluster.Take());
        Assert.Equal((Role.Leader, new Term(1)), (cluster[1].Node.Role, cluster[1].Node.Term));
        Assert.Equal((Role.Follower, new Term(1)), (cluster[2].Node.Role, cluster[2].Node.Term));
        Assert.Equal(messages.Length, cluster[1].Node.DroppedMessages[DropReason.Misaddressed]);
        Assert.Equal(messages.Length, cluster[2].Node.DroppedMessages[DropReason.Misaddressed]);
    }

    [Fact]
    public void Leader_MatchBeyondItsLog_IsDropped()
    {
        var cluster = new TestCluster(3);
        var leader = cluster.Elect(1);

        leader.Step(new AppendEntriesResponse(Two, One, new Term(1), true, new LogIndex(99), LogIndex.Zero, Term.Zero));

        Assert.Equal(1, leader.Node.DroppedMessages[DropReason.MatchBeyondLast]);
        Assert.Equal(new LogIndex(1), leader.Node.Commit);
    }

    private static Entry Command(ulong index, ulong term) => new(new LogIndex(index), new Term(term), EntryKind.Command, new byte[] { 1 });
}
