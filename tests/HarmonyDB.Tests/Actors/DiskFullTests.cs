using HarmonyDB.Actors;
using HarmonyDB.Messages;
using HarmonyDB.Raft;
using HarmonyDB.Raft.Messages;
using HarmonyDB.Replication;
using Xunit;

namespace HarmonyDB.Tests.Actors;

/// <summary>A node whose disk is full: it acknowledges nothing that it could not write, is heard of all the same, and recovers by itself.</summary>
public sealed class DiskFullTests : RaftScenario
{
    private const int LargeBytes = 1_400_000;

    private static readonly HardState Fresh = new(new Term(1), MemberId.None, new LogIndex(1));

    [Fact]
    public void W5_Leader_DiskFull_RefusesWritesHandsOverAndTakesThemAgainWhenThereIsSpace()
    {
        Given(Fresh);
        Start();
        Term term = Elect();
        AcknowledgeFirst(term);
        LogIndex last = FillSegment(term);

        Disk.CapacityBytes = 0;
        Raft.Tell(new ProposeBatch(10, Batch("overflow", Large())), Client.Ref);
        AwaitCondition(() => !Files.Reserve.IsHeld);
        // Whoever has all it has is told to take over; meanwhile the next leader may have what comes.
        AwaitRefusal(11, BatchOutcome.NotTaken);
        Assert.Equal(last.Value, Files.Log.LastIndex);
        From(new AppendEntriesResponse(Two, Self, term, true, last.Next, default, default));
        Expect<TimeoutNow>(PeerTwo);

        // It does not take over in time.
        ElapseHeard(TimeSpan.FromMilliseconds(600), term);
        AwaitRefusal(12, BatchOutcome.DiskFull);
        Assert.True(View.IsLeader);

        Disk.CapacityBytes = long.MaxValue;
        AwaitCondition(() => Files.Reserve.IsHeld);
        Assert.Equal(last.Next.Value, Files.Log.LastIndex);
        Assert.Equal(BatchOutcome.Applied, Answer(10).Outcome);
    }

    [Fact]
    public void W5_Leader_OnlyTheReserveIsLeft_FinishesWhatItTookAndRefusesMore()
    {
        Given(Fresh);
        Start();
        Term term = Elect();
        AcknowledgeFirst(term);
        LogIndex last = FillSegment(term);

        Disk.CapacityBytes = Used();
        Raft.Tell(new ProposeBatch(10, Batch("overflow", Large())), Client.Ref);
        From(new AppendEntriesResponse(Two, Self, term, true, last.Next, default, default));
        Assert.Equal(BatchOutcome.Applied, Answer(10).Outcome);
        Assert.Equal(last.Next.Value, Files.Log.DurableIndex);
        AwaitRefusal(11, BatchOutcome.NotTaken);
        Expect<TimeoutNow>(PeerTwo);

        Disk.CapacityBytes = long.MaxValue;
        AwaitCondition(() => Files.Reserve.IsHeld);
        ElapseHeard(TimeSpan.FromMilliseconds(600), term);
        AwaitNotRefused(100, term, last.Next.Next);
    }

    [Fact]
    public void W5_R26_Follower_DiskFull_AcknowledgesNothingAnswersHeartbeatsAndVotesOnlyWhenThatIsDurable()
    {
        Given(Fresh);
        Start();
        var term = new Term(2);
        LogIndex last = new(1);
        for (int i = 0; i < 2; i++)
        {
            Append(term, last, Large());
            last = last.Next;
            Expect<AppendEntriesResponse>(PeerTwo, m => m.Success && m.MatchIndex == last);
        }

        Disk.CapacityBytes = 0;
        Append(term, last, Large());
        AwaitCondition(() => !Files.Reserve.IsHeld);
        From(new Heartbeat(Two, Self, term, new LogIndex(1), 7));
        Expect<HeartbeatResponse>(PeerTwo, m => m.Round == 7);
        Assert.Equal(last.Value, Files.Log.LastIndex);

        // It does not hear its leader any more, and a candidate with a better log asks for its vote.
        Elapse(TimeSpan.FromSeconds(2));
        From(new RequestVote(Three, Self, new Term(9), last.Next.Next, term));
        From(new Heartbeat(Two, Self, term, new LogIndex(1), 8));
        while (PeerThree.HasMessages)
        {
            Assert.False(PeerThree.ReceiveOne(TimeSpan.Zero) is PeerFrame { Message: RequestVoteResponse });
        }

        Assert.True(Files.Log.HardState.Term < 9);
        Disk.CapacityBytes = long.MaxValue;
        Expect<AppendEntriesResponse>(PeerTwo, m => m.Success && m.MatchIndex == last.Next);
        Assert.True(Expect<RequestVoteResponse>(PeerThree).VoteGranted);
        Assert.Equal((9ul, 3ul), (Files.Log.HardState.Term, Files.Log.HardState.Vote));
    }

    [Fact]
    public void W5_Leader_StoreCannotGrow_RefusesWritesReadsOnAndAppliesWhenThereIsSpace()
    {
        Given(Fresh);
        Start();
        Term term = Elect();
        AcknowledgeFirst(term);
        Put(1, term, new LogIndex(3), "small");
        Assert.Equal(BatchOutcome.Applied, Answer(1).Outcome);

        Disk.CapacityBytes = 0;
        Put(2, term, new LogIndex(4), Large());
        AwaitRefusal(3, BatchOutcome.NotTaken);
        Expect<TimeoutNow>(PeerTwo);
        ElapseHeard(TimeSpan.FromMilliseconds(600), term);
        AwaitRefusal(5, BatchOutcome.DiskFull);
        using (HarmonyDB.Storage.Tree.ReadTransaction read = Files.BeginRead())
        {
            Assert.Equal(3ul, read.Mark);
        }

        Disk.CapacityBytes = long.MaxValue;
        Assert.Equal(BatchOutcome.Applied, Answer(2).Outcome);
        Assert.Equal(4ul, Files.Keyspace.AppliedIndex);
    }

    private static string Large() => new('x', LargeBytes);

    // Two of them fill the segment of 4 MiB, so that the next one needs another.
    private LogIndex FillSegment(Term term)
    {
        for (int i = 0; i < 2; i++)
        {
            Put((ulong)i, term, new LogIndex((ulong)i + 3), Large());
            Assert.Equal(BatchOutcome.Applied, Answer((ulong)i).Outcome);
        }

        return new LogIndex(4);
    }

    private void Put(ulong batchId, Term term, LogIndex index, string value)
    {
        Raft.Tell(new ProposeBatch(batchId, Batch("k", value)), Client.Ref);
        Expect<AppendEntries>(PeerTwo, m => m.Entries.Any(e => e.Index == index));
        From(new AppendEntriesResponse(Two, Self, term, true, index, default, default));
    }

    private void Append(Term term, LogIndex previous, string value)
    {
        var entry = new Entry(previous.Next, term, EntryKind.Command, Batch("k", value));
        From(new AppendEntries(Two, Self, term, previous, previous.Value == 1 ? new Term(1) : term, [entry], new LogIndex(1)));
    }

    private AnswerBatchEffect Answer(ulong batchId) => (AnswerBatchEffect)Client.FishForMessage(m => m is AnswerBatchEffect answer && answer.BatchId == batchId);

    // The node learns that its disk is full on another thread than the one that takes proposals.
    private void AwaitRefusal(ulong batchId, BatchOutcome outcome)
    {
        AwaitCondition(() => View.IsDiskFull);
        Raft.Tell(new ProposeBatch(batchId, Array.Empty<byte>()), Client.Ref);
        Assert.Equal(outcome, Answer(batchId).Outcome);
    }

    private void AwaitNotRefused(ulong batchId, Term term, LogIndex index)
    {
        AwaitCondition(() => !View.IsDiskFull);
        Put(batchId, term, index, "again");
        Assert.Equal(BatchOutcome.Applied, Answer(batchId).Outcome);
    }

    private long Used()
    {
        string[] files = [.. new[] { "/simulated/n1", "/simulated/n1/log" }.SelectMany(d => Disk.ListFiles(d).Select(f => $"{d}/{f}"))];
        return files.Sum(f =>
        {
            using HarmonyDB.Storage.Files.IDiskFile file = Disk.Open(f, HarmonyDB.Storage.Files.DiskFileMode.ReadOnly);
            return file.LengthBytes;
        });
    }
}
