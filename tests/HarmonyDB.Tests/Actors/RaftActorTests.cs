using Akka.Actor;
using HarmonyDB.Actors;
using HarmonyDB.Messages;
using HarmonyDB.Raft;
using HarmonyDB.Raft.Messages;
using HarmonyDB.Replication;
using HarmonyDB.Storage.Files;
using Xunit;

namespace HarmonyDB.Tests.Actors;

public sealed class RaftActorTests : RaftScenario
{
    private static readonly HardState Fresh = new(new Term(1), MemberId.None, new LogIndex(1));

    [Fact]
    public void Election_TimeoutWithoutLeader_AsksForVotesAndLeadsWithAMajority()
    {
        Given(Fresh);
        Start();

        Elapse();
        RequestVote asked = Expect<RequestVote>(PeerTwo);
        Assert.Equal((new Term(2), new LogIndex(1), new Term(1)), (asked.Term, asked.LastLogIndex, asked.LastLogTerm));
        Assert.Equal(asked.Term, Expect<RequestVote>(PeerThree).Term);

        From(new RequestVoteResponse(Two, Self, asked.Term, VoteGranted: true));
        AppendEntries first = Expect<AppendEntries>(PeerThree);
        Assert.Equal(EntryKind.Noop, Assert.Single(first.Entries).Kind);
        Assert.Equal(new LogIndex(1), first.PrevLogIndex);
    }

    [Fact]
    public void Election_SplitVote_TriesAgainInAHigherTerm()
    {
        Given(Fresh);
        Start();

        Elapse();
        RequestVote asked = Expect<RequestVote>(PeerTwo);
        From(new RequestVoteResponse(Two, Self, asked.Term, VoteGranted: false));
        From(new RequestVoteResponse(Three, Self, asked.Term, VoteGranted: false));
        Elapse();

        Assert.Equal(asked.Term.Value + 1, Expect<RequestVote>(PeerTwo, m => m.Term > asked.Term).Term.Value);
        Assert.False(View.IsLeader);
    }

    [Fact]
    public void Vote_CandidateWithAStaleLog_IsRefused()
    {
        Given(new HardState(new Term(3), MemberId.None, new LogIndex(1)), (2, 2), (3, 3));
        Start();

        From(new RequestVote(Two, Self, new Term(4), new LogIndex(9), new Term(2)));
        Assert.False(Expect<RequestVoteResponse>(PeerTwo).VoteGranted);

        From(new RequestVote(Three, Self, new Term(4), new LogIndex(3), new Term(3)));
        Assert.True(Expect<RequestVoteResponse>(PeerThree).VoteGranted);
    }

    [Fact]
    public void Replication_MajorityHasTheEntry_IsAppliedAndAnswered()
    {
        Given(Fresh);
        Start();
        Term term = Elect();
        AcknowledgeFirst(term);

        Raft.Tell(new ProposeBatch(7, Batch("k", "v")), Client.Ref);
        AppendEntries append = Expect<AppendEntries>(PeerTwo, m => m.Entries.Any(e => e.Kind == EntryKind.Command));
        LogIndex last = append.Entries[^1].Index;
        Assert.Equal(new LogIndex(3), last);
        Assert.True(Files.Keyspace.AppliedIndex < last.Value);

        From(new AppendEntriesResponse(Two, Self, term, true, last, default, default));
        var answer = (AnswerBatchEffect)Client.FishForMessage(m => m is AnswerBatchEffect);
        Assert.Equal((7ul, BatchOutcome.Applied, 2L), (answer.BatchId, answer.Outcome, answer.Results[0].Revision));
        Assert.Equal(last.Value, Files.Keyspace.AppliedIndex);
    }

    [Fact]
    public void Append_ConflictingTail_IsCutAndReplaced()
    {
        Given(new HardState(new Term(2), MemberId.None, new LogIndex(1)), (2, 2), (3, 2), (4, 2));
        Start();

        var entry = new Entry(new LogIndex(2), new Term(3), EntryKind.Noop, default);
        From(new AppendEntries(Two, Self, new Term(3), new LogIndex(1), new Term(1), [entry], new LogIndex(1)));

        AppendEntriesResponse answer = Expect<AppendEntriesResponse>(PeerTwo);
        Assert.Equal((true, new LogIndex(2)), (answer.Success, answer.MatchIndex));
        Assert.Equal(new LogIndex(2), View.LastIndex);
        CutPower();
        Start();
        Assert.Equal((2ul, 3ul), (Files.Log.LastIndex, Files.Log.TermAt(2)));
    }

    [Theory]
    [InlineData(0xFF)]
    [InlineData(0x0A)]
    public void Append_ConfigurationThatCannotBeRead_IsDroppedAndTheNodeGoesOn(byte payload)
    {
        Given(Fresh);
        Start();

        var entry = new Entry(new LogIndex(2), new Term(2), EntryKind.Configuration, new[] { payload });
        From(new AppendEntries(Two, Self, new Term(2), new LogIndex(1), new Term(1), [entry], new LogIndex(1)));
        From(new Heartbeat(Two, Self, new Term(2), new LogIndex(1), 7));

        Assert.Equal(7ul, Expect<HeartbeatResponse>(PeerTwo).Round);
        Assert.Equal(new LogIndex(1), View.LastIndex);
    }

    [Fact]
    public void Leader_SeesAHigherTerm_StepsDownAndItsBatchesAreUnknown()
    {
        Given(Fresh);
        Start();
        Term term = Elect();
        AcknowledgeFirst(term);
        Raft.Tell(new ProposeBatch(7, Batch("k", "v")), Client.Ref);
        Expect<AppendEntries>(PeerTwo, m => m.Entries.Any(e => e.Kind == EntryKind.Command));

        From(new Heartbeat(Three, Self, new Term(term.Value + 5), default, 1));

        var answer = (AnswerBatchEffect)Client.FishForMessage(m => m is AnswerBatchEffect);
        Assert.Equal((7ul, BatchOutcome.Unknown), (answer.BatchId, answer.Outcome));
        var known = (LeaderKnown)Client.FishForMessage(m => m is LeaderKnown { Address: not null });
        Assert.Equal((false, new Term(term.Value + 5)), (known.IsSelf, known.Term));
    }

    [Fact]
    public void R28_EntryOfAnOlderTerm_IsNotCommittedByCounting()
    {
        Given(new HardState(new Term(2), MemberId.None, new LogIndex(1)), (2, 2));
        Start();
        Term term = Elect();

        // A majority holds 2/2, and that alone proves nothing: figure 8 of the paper.
        From(new AppendEntriesResponse(Two, Self, term, true, new LogIndex(2), default, default));
        Elapse(TimeSpan.FromMilliseconds(50));
        Expect<Heartbeat>(PeerTwo);
        Assert.Equal(new LogIndex(1), View.Commit);

        From(new AppendEntriesResponse(Two, Self, term, true, new LogIndex(3), default, default));
        AwaitCondition(() => View.Commit == new LogIndex(3));
    }

    [Fact]
    public void R24_PowerCutAfterAVote_KeepsTermAndVote()
    {
        Given(Fresh);
        Start();
        From(new RequestVote(Two, Self, new Term(5), new LogIndex(1), new Term(1)));
        Assert.True(Expect<RequestVoteResponse>(PeerTwo).VoteGranted);

        CutPower();
        Start();

        Assert.Equal(new Term(5), View.Term);
        From(new RequestVote(Three, Self, new Term(5), new LogIndex(1), new Term(1)));
        Assert.False(Expect<RequestVoteResponse>(PeerThree).VoteGranted);
        From(new RequestVote(Two, Self, new Term(5), new LogIndex(1), new Term(1)));
        Assert.True(Expect<RequestVoteResponse>(PeerTwo).VoteGranted);
    }

    [Fact]
    public void R61_FrameOfAnotherClusterOrForAnotherMember_IsRefused()
    {
        Given(Fresh);
        Start();

        Raft.Tell(new PeerFrame(0xBAD, new RequestVote(Two, Self, new Term(9), new LogIndex(9), new Term(9))));
        From(new RequestVote(Two, Three, new Term(9), new LogIndex(9), new Term(9)));
        From(new RequestVote(Two, Self, new Term(2), new LogIndex(1), new Term(1)));

        Assert.Equal(new Term(2), Expect<RequestVoteResponse>(PeerTwo).Term);
        Assert.Equal(new Term(2), View.Term);
    }

    [Fact]
    public void A17_FailedFlush_StopsTheNodeAndAnswersNothing()
    {
        Given(Fresh);
        Start();
        Disk.InjectFault(DiskOperationKind.Flush, 1, DiskFault.DeviceError);

        From(new RequestVote(Two, Self, new Term(5), new LogIndex(1), new Term(1)));

        var reason = (NodeStopReason)Client.FishForMessage(m => m is NodeStopReason);
        Assert.True(reason.Failed);
        Assert.IsType<DeviceFailedException>(reason.Failure);
        while (PeerTwo.HasMessages)
        {
            Assert.IsNotType<PeerFrame>(PeerTwo.ReceiveOne(TimeSpan.Zero));
        }
    }
}
