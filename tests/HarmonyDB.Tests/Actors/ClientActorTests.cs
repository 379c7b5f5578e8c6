using Akka.Actor;
using Google.Protobuf;
using HarmonyDB.Actors;
using HarmonyDB.Client;
using HarmonyDB.Configuration;
using HarmonyDB.DataFolder;
using HarmonyDB.Messages;
using HarmonyDB.Raft;
using HarmonyDB.Replication;
using Xunit;

namespace HarmonyDB.Tests.Actors;

/// <summary>Batches, forwarding and read indexes, one at a time.</summary>
public sealed class ClientActorTests : ClientScenario
{
    public ClientActorTests()
        : base("max-pending-requests = 3, max-batch-commands = 2")
    {
    }

    [Fact]
    public void Write_ThisNodeLeads_IsProposedAndAnsweredAfterApply()
    {
        Lead();
        Submit("a");
        ProposeBatch batch = Raft.ExpectMsg<ProposeBatch>();
        Assert.Equal(["a"], Keys(batch.Payload));
        Raft.Reply(new AnswerBatchEffect(batch.BatchId, BatchOutcome.Applied, [new CommandResult { Revision = 2 }]));
        Assert.Equal(2, User.ExpectMsg<CommandAnswer>().Result!.Revision);
    }

    [Fact]
    public void Write_AnotherNodeLeads_IsForwardedOnceAndItsAnswerPassedOn()
    {
        Follow(term: 2);
        Submit("a");
        ForwardedBatch batch = Peer.ExpectMsg<ForwardedBatch>();
        Assert.Equal(ClusterId, batch.ClusterId);
        Peer.Reply(new ForwardedBatchAnswer(batch.BatchId, BatchOutcome.Applied, [new CommandResult { Revision = 9 }]));
        Assert.Equal(9, User.ExpectMsg<CommandAnswer>().Result!.Revision);
    }

    [Fact]
    public void Write_NoLeader_WaitsAndThenTimesOutWithNothingDone()
    {
        Submit("a");
        Pass(Timeout);
        RequestTimeoutException failure = Assert.IsType<RequestTimeoutException>(User.ExpectMsg<CommandAnswer>().Failure);
        Assert.False(failure.MayHaveHappened);
        Peer.ExpectNoMsg(TimeSpan.Zero);
    }

    [Fact]
    public void Write_LeaderFellAfterItWasHandedOver_IsUnknownAndNotResent()
    {
        Follow(term: 2);
        Submit("a");
        Peer.ExpectMsg<ForwardedBatch>();
        Follow(term: 3);
        OutcomeUnknownException failure = Assert.IsType<OutcomeUnknownException>(User.ExpectMsg<CommandAnswer>().Failure);
        Assert.True(failure.MayHaveHappened);
        Peer.ExpectNoMsg(TimeSpan.Zero);
    }

    [Fact]
    public void Write_NotTaken_GoesToTheNextLeaderInOrder()
    {
        Follow(term: 2);
        Submit("a");
        Submit("b");
        ForwardedBatch first = Peer.ExpectMsg<ForwardedBatch>();
        Peer.Reply(new ForwardedBatchAnswer(first.BatchId, BatchOutcome.NotTaken, []));
        Lead();
        var proposed = new List<string>();
        while (proposed.Count < 2)
        {
            proposed.AddRange(Keys(Raft.ExpectMsg<ProposeBatch>().Payload));
        }

        Assert.Equal(["a", "b"], proposed.Order());
    }

    [Fact]
    public void Write_NotTaken_IsNotHandedOverAgainWithEveryNewRequest()
    {
        Follow(term: 2);
        Submit("a");
        ForwardedBatch first = Peer.ExpectMsg<ForwardedBatch>();
        Peer.Reply(new ForwardedBatchAnswer(first.BatchId, BatchOutcome.NotTaken, []));
        Submit("b");
        Read();
        Raft.ExpectMsg<AskReadIndex>();
        Peer.ExpectNoMsg(TimeSpan.Zero);

        Pass(TimeSpan.FromMilliseconds(20));
        Assert.Equal(["a", "b"], Keys(Peer.ExpectMsg<ForwardedBatch>().Payload));
    }

    [Fact]
    public void Write_MoreThanTheLimitWaits_IsRefusedAtOnce()
    {
        foreach (string key in new[] { "a", "b", "c", "d" })
        {
            Submit(key);
        }

        Assert.IsType<TooManyRequestsException>(User.ExpectMsg<CommandAnswer>().Failure);
        Lead();
        Assert.Equal(["a", "b"], Keys(Raft.ExpectMsg<ProposeBatch>().Payload));
        Assert.Equal(["c"], Keys(Raft.ExpectMsg<ProposeBatch>().Payload));
    }

    [Fact]
    public void Write_RequestsAreLimitedBelowAnAppend_BatchFitsALogEntry()
    {
        HarmonySettings settings = Settings("max-request-bytes = 1KiB");
        IActorRef client = Create(settings);
        for (int i = 0; i < 200; i++)
        {
            client.Tell(new SubmitCommand(Put(new string('k', 900)), Timeout), User.Ref);
        }

        client.Tell(new LeaderKnown(true, "127.0.0.1:4053", new Term(2)), Raft.Ref);
        for (int commands = 0; commands < 200;)
        {
            ProposeBatch batch = Raft.ExpectMsg<ProposeBatch>();
            Assert.True(batch.Payload.Length <= settings.Limits.RequestBytesMaximum + NodeFiles.RequestOverheadBytes, $"{batch.Payload.Length} bytes");
            commands += Keys(batch.Payload).Count();
        }
    }

    [Fact]
    public void Forwarded_ThisNodeDoesNotLead_IsNotTakenAndNotForwardedAgain()
    {
        Follow(term: 2);
        Client.Tell(new ForwardedBatch(ClusterId, 5, Batch("a")), User.Ref);
        Assert.Equal((5ul, BatchOutcome.NotTaken), Outcome(User.ExpectMsg<ForwardedBatchAnswer>()));
        Peer.ExpectNoMsg(TimeSpan.Zero);
    }

    [Fact]
    public void A1_Forwarded_ResultsAboveAFrame_AreToldAtOnceAndTheOthersArrive()
    {
        Lead();
        Client.Tell(new ForwardedBatch(ClusterId, 5, Batch("a", "b")), User.Ref);
        ProposeBatch batch = Raft.ExpectMsg<ProposeBatch>();
        var large = new CommandResult { Revision = 2, Deleted = 1, Previous = { new StoredKeyValue { Value = ByteString.CopyFrom(new byte[4 << 20]) } } };
        Raft.Reply(new AnswerBatchEffect(batch.BatchId, BatchOutcome.Applied, [large, new CommandResult { Revision = 3 }]));
        ForwardedBatchAnswer answer = User.ExpectMsg<ForwardedBatchAnswer>();
        Assert.Equal([true, false], answer.Results.Select(r => r.PreviousLeftOut));
        Assert.Equal([2L, 3L], answer.Results.Select(r => r.Revision));
        Assert.True(answer.Results.Sum(r => r.CalculateSize()) < 1 << 10);
    }

    [Fact]
    public void A1_Write_WhatItReplacedCouldNotTravel_IsToldAsApplied()
    {
        Follow(term: 2);
        Submit("a");
        ForwardedBatch batch = Peer.ExpectMsg<ForwardedBatch>();
        Peer.Reply(new ForwardedBatchAnswer(batch.BatchId, BatchOutcome.Applied, [new CommandResult { Revision = 9, PreviousLeftOut = true }]));
        OutcomeUnknownException failure = Assert.IsType<OutcomeUnknownException>(User.ExpectMsg<CommandAnswer>().Failure);
        Assert.Contains("applied at revision 9", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0xBADul, "a")]
    [InlineData(ClusterId, "")]
    public void Forwarded_OtherClusterOrUnsoundBatch_IsNotTaken(ulong clusterId, string key)
    {
        Lead();
        Client.Tell(new ForwardedBatch(clusterId, 5, Batch(key)), User.Ref);
        Assert.Equal((5ul, BatchOutcome.NotTaken), Outcome(User.ExpectMsg<ForwardedBatchAnswer>()));
        Client.Tell(new ForwardedBatch(ClusterId, 6, Batch("sound")), User.Ref);
        Assert.Equal(["sound"], Keys(Raft.ExpectMsg<ProposeBatch>().Payload));
    }

    [Fact]
    public void Forwarded_BatchWithWhatThisVersionDoesNotKnow_IsNotTaken()
    {
        Lead();
        // A field 15 behind the commands: no member of this version could apply the entry, so it must not enter the log.
        Client.Tell(new ForwardedBatch(ClusterId, 5, (byte[])[.. Batch("a"), 15 << 3, 1]), User.Ref);
        Assert.Equal((5ul, BatchOutcome.NotTaken), Outcome(User.ExpectMsg<ForwardedBatchAnswer>()));
        Raft.ExpectNoMsg(TimeSpan.Zero);
    }

    [Fact]
    public void Reads_ManyWaiting_AreConfirmedByOneQuestion()
    {
        Lead();
        Read();
        AskReadIndex first = Raft.ExpectMsg<AskReadIndex>();
        Read();
        Read();
        Client.Tell(new AnswerReadEffect(first.RequestId, true), Raft.Ref);
        Assert.Null(User.ExpectMsg<ReadAnswer>().Failure);

        AskReadIndex second = Raft.ExpectMsg<AskReadIndex>();
        Client.Tell(new AnswerReadEffect(second.RequestId, true), Raft.Ref);
        Assert.Null(User.ExpectMsg<ReadAnswer>().Failure);
        Assert.Null(User.ExpectMsg<ReadAnswer>().Failure);
    }

    [Fact]
    public void R18_R21_QuestionLost_IsAskedAgainWithAFreshId()
    {
        Lead();
        Read();
        AskReadIndex lost = Raft.ExpectMsg<AskReadIndex>();
        Pass(TimeSpan.FromMilliseconds(200));
        AskReadIndex again = Raft.ExpectMsg<AskReadIndex>();
        Assert.NotEqual(lost.RequestId, again.RequestId);
        Client.Tell(new AnswerReadEffect(again.RequestId, true), Raft.Ref);
        Assert.Null(User.ExpectMsg<ReadAnswer>().Failure);
    }

    [Fact]
    public void R21_AnswerComesAfterTheQuestionWasAskedAgain_ReadProceeds()
    {
        Lead();
        Read();
        AskReadIndex slow = Raft.ExpectMsg<AskReadIndex>();
        Pass(TimeSpan.FromMilliseconds(200));
        AskReadIndex again = Raft.ExpectMsg<AskReadIndex>();
        Read();

        Client.Tell(new AnswerReadEffect(slow.RequestId, true), Raft.Ref);
        Assert.Null(User.ExpectMsg<ReadAnswer>().Failure);
        Client.Tell(new AnswerReadEffect(again.RequestId, true), Raft.Ref);
        AskReadIndex later = Raft.ExpectMsg<AskReadIndex>();
        User.ExpectNoMsg(TimeSpan.Zero);
        Client.Tell(new AnswerReadEffect(later.RequestId, true), Raft.Ref);
        Assert.Null(User.ExpectMsg<ReadAnswer>().Failure);
    }

    [Fact]
    public void Read_NeverConfirmed_TimesOut()
    {
        Lead();
        Read();
        Pass(Timeout);
        Assert.IsType<RequestTimeoutException>(User.ExpectMsg<ReadAnswer>().Failure);
    }
}
