using Akka.Actor;
using HarmonyDB.Actors;
using HarmonyDB.Client;
using HarmonyDB.Messages;
using HarmonyDB.Replication;
using Xunit;

namespace HarmonyDB.Tests.Actors;

/// <summary>What waits at the front door: through an election, up to a deadline, within bounds, until the node stops.</summary>
public sealed class ClientWaitingTests : ClientScenario
{
    private const int Kilobyte = 1 << 10;

    public ClientWaitingTests()
        : base("max-pending-bytes = 1MiB")
    {
    }

    [Fact]
    public void Election_WritesAndReadsWait_ThenGoToTheNewLeaderOnceAndInOrder()
    {
        Miss(term: 2);
        foreach (string key in new[] { "a", "b", "c" })
        {
            Submit(key);
        }

        Read();
        Miss(term: 3);
        Raft.ExpectNoMsg(TimeSpan.Zero);
        Peer.ExpectNoMsg(TimeSpan.Zero);

        Follow(term: 3);
        var handedOver = new List<string>();
        while (handedOver.Count < 3)
        {
            handedOver.AddRange(Keys(Peer.ExpectMsg<ForwardedBatch>().Payload));
        }

        Assert.Equal(["a", "b", "c"], handedOver);
        Raft.FishForMessage(m => m is AskReadIndex);
        Pass(TimeSpan.FromMilliseconds(20));
        Peer.ExpectNoMsg(TimeSpan.Zero);
    }

    [Fact]
    public void Election_LeaderIsGoneWithoutASuccessor_WhatItWasGivenIsNotGivenUpYet()
    {
        Follow(term: 2);
        Submit("a");
        ForwardedBatch batch = Peer.ExpectMsg<ForwardedBatch>();
        Miss(term: 2);
        Pass(TimeSpan.FromMilliseconds(20));
        User.ExpectNoMsg(TimeSpan.Zero);
        Peer.Send(Client, new ForwardedBatchAnswer(batch.BatchId, BatchOutcome.Applied, [new CommandResult { Revision = 4 }]));
        Assert.Equal(4, User.ExpectMsg<CommandAnswer>().Result!.Revision);
    }

    [Fact]
    public void Deadline_HandedOverAndNeverAnswered_IsUnknownAndALateAnswerIsIgnored()
    {
        Follow(term: 2);
        Submit("a");
        ForwardedBatch batch = Peer.ExpectMsg<ForwardedBatch>();
        Pass(Timeout);
        Assert.True(Assert.IsType<OutcomeUnknownException>(User.ExpectMsg<CommandAnswer>().Failure).MayHaveHappened);
        Peer.Send(Client, new ForwardedBatchAnswer(batch.BatchId, BatchOutcome.Applied, [new CommandResult { Revision = 4 }]));
        Pass(TimeSpan.FromMilliseconds(20));
        User.ExpectNoMsg(TimeSpan.Zero);
        Peer.ExpectNoMsg(TimeSpan.Zero);
    }

    [Fact]
    public void Deadline_OfAForwardedBatch_IsToldToTheNodeThatForwardedIt()
    {
        Lead();
        Client.Tell(new ForwardedBatch(ClusterId, 5, Batch("a")), Peer.Ref);
        Raft.ExpectMsg<ProposeBatch>();
        Pass(TimeSpan.FromMinutes(1));
        Assert.Equal((5ul, BatchOutcome.Unknown), Outcome(Peer.ExpectMsg<ForwardedBatchAnswer>()));
    }

    [Fact]
    public void Deadline_EachRequestHasItsOwn_TheLateOnesGoAndTheOthersStay()
    {
        Submit("a");
        Read();
        Pass(Timeout / 2);
        Submit("b");
        Read();
        Pass(Timeout / 2);
        Assert.IsType<RequestTimeoutException>(User.ExpectMsg<CommandAnswer>().Failure);
        Assert.IsType<RequestTimeoutException>(User.ExpectMsg<ReadAnswer>().Failure);
        Lead();
        Assert.Equal(["b"], Keys(((ProposeBatch)Raft.FishForMessage(m => m is ProposeBatch)).Payload));
    }

    [Fact]
    public void PendingBytes_MoreThanTheLimit_IsRefusedAtOnceAndRoomComesBackWithAnswers()
    {
        Lead();
        Submit("a", 600 * Kilobyte);
        ProposeBatch first = Raft.ExpectMsg<ProposeBatch>();
        Submit("b", 600 * Kilobyte);
        TooManyRequestsException refusal = Assert.IsType<TooManyRequestsException>(User.ExpectMsg<CommandAnswer>().Failure);
        Assert.Contains("harmony.limits.max-pending-bytes", refusal.Message, StringComparison.Ordinal);
        Assert.False(refusal.MayHaveHappened);

        // What another node forwards takes of the same room.
        Client.Tell(new ForwardedBatch(ClusterId, 5, Large(600)), Peer.Ref);
        Assert.Equal((5ul, BatchOutcome.NotTaken), Outcome(Peer.ExpectMsg<ForwardedBatchAnswer>()));

        Client.Tell(new AnswerBatchEffect(first.BatchId, BatchOutcome.Applied, [new CommandResult { Revision = 2 }]), Raft.Ref);
        Assert.NotNull(User.ExpectMsg<CommandAnswer>().Result);
        Client.Tell(new ForwardedBatch(ClusterId, 6, Large(600)), Peer.Ref);
        ProposeBatch forwarded = Raft.ExpectMsg<ProposeBatch>();
        Submit("c", 600 * Kilobyte);
        Assert.IsType<TooManyRequestsException>(User.ExpectMsg<CommandAnswer>().Failure);

        Client.Tell(new AnswerBatchEffect(forwarded.BatchId, BatchOutcome.Unknown, []), Raft.Ref);
        Peer.ExpectMsg<ForwardedBatchAnswer>();
        Submit("d", 600 * Kilobyte);
        Assert.Equal(["d"], Keys(Raft.ExpectMsg<ProposeBatch>().Payload));
    }

    [Fact]
    public void PendingBytes_OneRequestAboveTheLimit_IsTakenWhileNothingElseWaits()
    {
        Lead();
        Submit("a", 1200 * Kilobyte);
        Raft.ExpectMsg<ProposeBatch>();
        Submit("b", 1);
        Assert.IsType<TooManyRequestsException>(User.ExpectMsg<CommandAnswer>().Failure);
    }

    [Fact]
    public void Stop_WhatWaitsAndWhatIsHandedOver_IsAnswered()
    {
        Follow(term: 2);
        Submit("handed over");
        ForwardedBatch batch = Peer.ExpectMsg<ForwardedBatch>();
        Miss(term: 2);
        Peer.Send(Client, new ForwardedBatch(ClusterId, 9, Batch("f")));
        Peer.ExpectMsg<ForwardedBatchAnswer>();
        Read();
        Miss(term: 3);
        Pass(TimeSpan.Zero);
        Client.Tell(new Identify(batch), TestActor);
        ExpectMsg<ActorIdentity>();
        Sys.Stop(Client);

        Assert.IsType<OutcomeUnknownException>(User.ExpectMsg<CommandAnswer>().Failure);
        Assert.IsType<NodeStoppedException>(User.ExpectMsg<ReadAnswer>().Failure);
    }

    private static byte[] Large(int kilobytes) =>
        Google.Protobuf.MessageExtensions.ToByteArray(new CommandBatch { Commands = { Put("large", kilobytes * Kilobyte) } });
}
