using HarmonyDB.Actors;
using HarmonyDB.Messages;
using HarmonyDB.Raft;
using HarmonyDB.Raft.Messages;
using HarmonyDB.Replication;
using Xunit;

namespace HarmonyDB.Tests.Actors;

/// <summary>A leader that hands over, is held up, or is replaced: what its actors say to whom, and in which order.</summary>
public sealed class LeadershipTests : RaftScenario
{
    private static readonly HardState Fresh = new(new Term(1), MemberId.None, new LogIndex(1));
    private static readonly TimeSpan HeartbeatInterval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan TwoElectionTimeouts = TimeSpan.FromSeconds(1);

    [Fact]
    public void R38_DiskOfTheLeaderStandsStill_GoesOnTickingAndHandsOverWithinTwoElectionTimeouts()
    {
        Term term = Lead();
        StallLog();
        Raft.Tell(new ProposeBatch(7, Batch("k")), Client.Ref);
        AppendEntries append = Expect<AppendEntries>(PeerTwo, HasCommand);
        From(new AppendEntriesResponse(Two, Self, term, true, append.Entries[^1].Index, default, default));

        TimeSpan stood = TimeSpan.Zero;
        ulong round = 0;
        for (RaftMessage last = append; last is not TimeoutNow; stood += HeartbeatInterval)
        {
            Assert.True(stood <= TwoElectionTimeouts, $"It still leads after {stood}.");
            Elapse(HeartbeatInterval);
            last = Next(PeerTwo, m => m is TimeoutNow || (m is Heartbeat heartbeat && heartbeat.Round > round));
            if (last is Heartbeat beat)
            {
                round = beat.Round;
                From(new HeartbeatResponse(Two, Self, term, round));
            }
        }

        Assert.True(stood > TwoElectionTimeouts / 2, $"It gave up after {stood} already.");
        Assert.Equal(BatchOutcome.Unknown, Answer(7).Outcome);
        Assert.False(View.IsLeader);
        ResumeLog();
    }

    [Fact]
    public void R39_LeaderWakesAfterAnotherWasElected_ActsOnNothingOfItsOwn()
    {
        Term old = Lead();
        StallLog();
        Raft.Tell(new ProposeBatch(7, Batch("k")), Client.Ref);
        Expect<AppendEntries>(PeerTwo, HasCommand);
        Raft.Tell(new AskReadIndex(9), Client.Ref);
        Heartbeat question = Expect<Heartbeat>(PeerTwo);

        var current = new Term(old.Value + 1);
        var theirs = new Entry(new LogIndex(3), current, EntryKind.Noop, default);
        From(new AppendEntries(Three, Self, current, new LogIndex(2), old, [theirs], new LogIndex(2)));
        Assert.False(((AnswerReadEffect)Client.FishForMessage(m => m is AnswerReadEffect)).Confirmed);
        Assert.Equal(BatchOutcome.Unknown, Answer(7).Outcome);

        // What its old followers still say to it counts for nothing, and it promises nothing that its disk does not have.
        From(new AppendEntriesResponse(Two, Self, old, true, new LogIndex(3), default, default));
        From(new HeartbeatResponse(Two, Self, old, question.Round));
        Settle();
        Assert.Equal(new LogIndex(2), View.Commit);
        Assert.DoesNotContain(Received(PeerThree), m => m is AppendEntriesResponse);

        ResumeLog();
        AppendEntriesResponse answer = Expect<AppendEntriesResponse>(PeerThree);
        Assert.Equal((true, current, new LogIndex(3)), (answer.Success, answer.Term, answer.MatchIndex));
        From(new Heartbeat(Three, Self, current, new LogIndex(3), 1));
        AwaitCondition(() => View.Applied == new LogIndex(3));
        Assert.Equal((current.Value, 1L), (Files.Log.TermAt(3), Files.Keyspace.Revision));
        Assert.DoesNotContain(Received(PeerTwo), m => m.Term == current && m is AppendEntries or Heartbeat);
    }

    [Fact]
    public void R55_FollowerTakesOver_HasAllThatWasAcknowledgedAndWhatWasOnItsWay()
    {
        Given(Fresh);
        Start();
        var term = new Term(2);
        Entry[] entries = [.. Enumerable.Range(2, 3).Select(i => new Entry(new LogIndex((ulong)i), term, EntryKind.Command, Batch($"k{i}")))];
        From(new AppendEntries(Two, Self, term, new LogIndex(1), new Term(1), entries, new LogIndex(3)));
        AwaitCondition(() => Files.Keyspace.AppliedIndex == 3);
        Assert.Equal(3, Files.Keyspace.Revision);

        Elapse();
        RequestVote asked = Expect<RequestVote>(PeerThree);
        From(new RequestVoteResponse(Three, Self, asked.Term, VoteGranted: true));
        AppendEntries first = Expect<AppendEntries>(PeerThree, m => m.Term == asked.Term);
        From(new AppendEntriesResponse(Three, Self, asked.Term, true, first.PrevLogIndex, default, default));
        From(new AppendEntriesResponse(Three, Self, asked.Term, true, new LogIndex(5), default, default));
        AwaitCondition(() => Files.Keyspace.AppliedIndex == 5);
        Assert.Equal(4, Files.Keyspace.Revision);

        Raft.Tell(new ProposeBatch(7, Batch("after")), Client.Ref);
        Expect<AppendEntries>(PeerThree, HasCommand);
        From(new AppendEntriesResponse(Three, Self, asked.Term, true, new LogIndex(6), default, default));
        AnswerBatchEffect answer = Answer(7);
        Assert.Equal((BatchOutcome.Applied, 5L), (answer.Outcome, answer.Results[0].Revision));
    }

    [Fact]
    public void Order_LeaderSteppedDown_AnswersWhatItHadBeforeItSaysWhoLeads()
    {
        Term term = Lead();
        Raft.Tell(new ProposeBatch(7, Batch("k")), Client.Ref);
        Expect<AppendEntries>(PeerTwo, HasCommand);
        From(new Heartbeat(Three, Self, new Term(term.Value + 1), default, 1));

        object first = Client.FishForMessage(m => m is AnswerBatchEffect || (m is LeaderKnown known && known.Term > term));
        Assert.Equal(BatchOutcome.Unknown, Assert.IsType<AnswerBatchEffect>(first).Outcome);
        Client.FishForMessage(m => m is LeaderKnown { IsSelf: false, Address: "127.0.0.1:4073" });
    }

    [Fact]
    public void Order_VoteAndAppendAnswers_LeaveAfterTheFlushInTheOrderOfTheQuestions()
    {
        Given(Fresh);
        Start();
        StallLog();
        var term = new Term(2);
        From(new AppendEntries(Two, Self, term, new LogIndex(1), new Term(1), [new Entry(new LogIndex(2), term, EntryKind.Noop, default)], default));
        From(new AppendEntries(Two, Self, term, new LogIndex(2), term, [new Entry(new LogIndex(3), term, EntryKind.Noop, default)], default));
        From(new Heartbeat(Two, Self, term, default, 4));
        Expect<HeartbeatResponse>(PeerTwo);
        Settle();
        Assert.DoesNotContain(Received(PeerTwo), m => m is AppendEntriesResponse);

        ResumeLog();
        Assert.Equal(new LogIndex(2), Expect<AppendEntriesResponse>(PeerTwo).MatchIndex);
        Assert.Equal(new LogIndex(3), Expect<AppendEntriesResponse>(PeerTwo).MatchIndex);
    }

    [Fact]
    public void Stop_LeaderHandsOverFirst_TakesNoWritesMeanwhileAndSaysWhenItIsDone()
    {
        Term term = Lead();
        Raft.Tell(new ProposeTransfer(5, MemberId.None), Members.Ref);
        Assert.Equal(term, Expect<TimeoutNow>(PeerTwo).Term);
        Raft.Tell(new ProposeBatch(8, Batch("late")), Client.Ref);
        Assert.Equal(BatchOutcome.NotTaken, Answer(8).Outcome);

        From(new Heartbeat(Two, Self, new Term(term.Value + 1), new LogIndex(2), 1));
        var answer = (AnswerChangeEffect)Members.FishForMessage(m => m is AnswerChangeEffect);
        Assert.Equal((5ul, ChangeOutcome.Done, Two), (answer.ChangeId, answer.Outcome, answer.Member));
    }

    [Fact]
    public void Transfer_TargetLacksEntries_GetsThemFirstAndIsToldToStandAfterwards()
    {
        Term term = Lead();
        Raft.Tell(new ProposeBatch(7, Batch("k")), Client.Ref);
        Expect<AppendEntries>(PeerTwo, HasCommand);
        Raft.Tell(new ProposeTransfer(5, Two), Members.Ref);
        Settle();
        Assert.DoesNotContain(Received(PeerTwo), m => m is TimeoutNow);

        From(new AppendEntriesResponse(Two, Self, term, true, new LogIndex(3), default, default));
        Expect<TimeoutNow>(PeerTwo);
        Assert.Equal(BatchOutcome.Applied, Answer(7).Outcome);
    }

    [Fact]
    public void Transfer_TargetDoesNotStand_EndsByItsDeadlineAndTheLeaderServesAgain()
    {
        Term term = Lead();
        Raft.Tell(new ProposeTransfer(5, Two), Members.Ref);
        Expect<TimeoutNow>(PeerTwo);
        ulong round = 0;
        object? answer = null;
        for (int i = 0; i < 40 && answer is null; i++)
        {
            Elapse(HeartbeatInterval);
            round = ((Heartbeat)Next(PeerThree, m => m is Heartbeat heartbeat && heartbeat.Round > round)).Round;
            From(new HeartbeatResponse(Three, Self, term, round));
            Settle();
            while (answer is null && Members.HasMessages)
            {
                answer = Members.ReceiveOne(TimeSpan.Zero) as AnswerChangeEffect;
            }
        }

        Assert.Equal(ChangeOutcome.TransferTimedOut, Assert.IsType<AnswerChangeEffect>(answer).Outcome);
        Raft.Tell(new ProposeBatch(8, Batch("k")), Client.Ref);
        Expect<AppendEntries>(PeerTwo, HasCommand);
    }

    private static bool HasCommand(AppendEntries append) => append.Entries.Any(e => e.Kind == EntryKind.Command);

    private static byte[] Batch(string key) => Google.Protobuf.MessageExtensions.ToByteArray(new CommandBatch
    {
        Commands = { new Command { Put = new PutCommand { Key = Google.Protobuf.ByteString.CopyFromUtf8(key) } } },
    });

    private Term Lead()
    {
        Given(Fresh);
        Start();
        Term term = Elect();
        AcknowledgeFirst(term);
        AwaitCondition(() => View.Applied == new LogIndex(2));
        return term;
    }

    private AnswerBatchEffect Answer(ulong batchId) =>
        (AnswerBatchEffect)Client.FishForMessage(m => m is AnswerBatchEffect answer && answer.BatchId == batchId);

    private static RaftMessage Next(Akka.TestKit.TestProbe peer, Predicate<RaftMessage> matches) =>
        ((PeerFrame)peer.FishForMessage(m => m is PeerFrame frame && matches(frame.Message))).Message;

    // All that has arrived by now.
    private static List<RaftMessage> Received(Akka.TestKit.TestProbe peer)
    {
        var received = new List<RaftMessage>();
        while (peer.HasMessages)
        {
            if (peer.ReceiveOne(TimeSpan.Zero) is PeerFrame frame)
            {
                received.Add(frame.Message);
            }
        }

        return received;
    }
}
