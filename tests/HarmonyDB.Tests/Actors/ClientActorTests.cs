using Akka.Actor;
using Akka.Configuration;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
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

/// <summary>The front door with a probe for RaftActor and one for the ClientActor of the node that leads; the clock moves when the test says so.</summary>
public sealed class ClientActorTests : TestKit
{
    private const ulong ClusterId = 0xC1;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    private readonly TestProbe _raft;
    private readonly TestProbe _peer;
    private readonly TestProbe _user;
    private readonly IActorRef _client;
    private TimeSpan _now;

    public ClientActorTests()
        : base(ConfigurationFactory.ParseString(NodeDispatchers.Definitions))
    {
        HarmonySettings settings = Settings("max-pending-requests = 3, max-batch-commands = 2");
        _raft = CreateTestProbe("raft");
        _peer = CreateTestProbe("peer");
        _user = CreateTestProbe("user");
        _client = Sys.ActorOf(ClientActor.Props(settings, () => ClusterId, () => _now, _ => _peer.Ref));
    }

    [Fact]
    public void Write_ThisNodeLeads_IsProposedAndAnsweredAfterApply()
    {
        Lead();
        Submit("a");
        ProposeBatch batch = _raft.ExpectMsg<ProposeBatch>();
        Assert.Equal(["a"], Keys(batch.Payload));
        _raft.Reply(new AnswerBatchEffect(batch.BatchId, BatchOutcome.Applied, [new CommandResult { Revision = 2 }]));
        Assert.Equal(2, _user.ExpectMsg<CommandAnswer>().Result!.Revision);
    }

    [Fact]
    public void Write_AnotherNodeLeads_IsForwardedOnceAndItsAnswerPassedOn()
    {
        Follow(term: 2);
        Submit("a");
        ForwardedBatch batch = _peer.ExpectMsg<ForwardedBatch>();
        Assert.Equal(ClusterId, batch.ClusterId);
        _peer.Reply(new ForwardedBatchAnswer(batch.BatchId, BatchOutcome.Applied, [new CommandResult { Revision = 9 }]));
        Assert.Equal(9, _user.ExpectMsg<CommandAnswer>().Result!.Revision);
    }

    [Fact]
    public void Write_NoLeader_WaitsAndThenTimesOutWithNothingDone()
    {
        Submit("a");
        Pass(Timeout);
        RequestTimeoutException failure = Assert.IsType<RequestTimeoutException>(_user.ExpectMsg<CommandAnswer>().Failure);
        Assert.False(failure.MayHaveHappened);
        _peer.ExpectNoMsg(TimeSpan.Zero);
    }

    [Fact]
    public void Write_LeaderFellAfterItWasHandedOver_IsUnknownAndNotResent()
    {
        Follow(term: 2);
        Submit("a");
        _peer.ExpectMsg<ForwardedBatch>();
        Follow(term: 3);
        OutcomeUnknownException failure = Assert.IsType<OutcomeUnknownException>(_user.ExpectMsg<CommandAnswer>().Failure);
        Assert.True(failure.MayHaveHappened);
        _peer.ExpectNoMsg(TimeSpan.Zero);
    }

    [Fact]
    public void Write_NotTaken_GoesToTheNextLeaderInOrder()
    {
        Follow(term: 2);
        Submit("a");
        Submit("b");
        ForwardedBatch first = _peer.ExpectMsg<ForwardedBatch>();
        _peer.Reply(new ForwardedBatchAnswer(first.BatchId, BatchOutcome.NotTaken, []));
        Lead();
        var proposed = new List<string>();
        while (proposed.Count < 2)
        {
            proposed.AddRange(Keys(_raft.ExpectMsg<ProposeBatch>().Payload));
        }

        Assert.Equal(["a", "b"], proposed.Order());
    }

    [Fact]
    public void Write_NotTaken_IsNotHandedOverAgainWithEveryNewRequest()
    {
        Follow(term: 2);
        Submit("a");
        ForwardedBatch first = _peer.ExpectMsg<ForwardedBatch>();
        _peer.Reply(new ForwardedBatchAnswer(first.BatchId, BatchOutcome.NotTaken, []));
        Submit("b");
        Read();
        _raft.ExpectMsg<AskReadIndex>();
        _peer.ExpectNoMsg(TimeSpan.Zero);

        Pass(TimeSpan.FromMilliseconds(20));
        Assert.Equal(["a", "b"], Keys(_peer.ExpectMsg<ForwardedBatch>().Payload));
    }

    [Fact]
    public void Write_MoreThanTheLimitWaits_IsRefusedAtOnce()
    {
        foreach (string key in new[] { "a", "b", "c", "d" })
        {
            Submit(key);
        }

        Assert.IsType<TooManyRequestsException>(_user.ExpectMsg<CommandAnswer>().Failure);
        Lead();
        Assert.Equal(["a", "b"], Keys(_raft.ExpectMsg<ProposeBatch>().Payload));
        Assert.Equal(["c"], Keys(_raft.ExpectMsg<ProposeBatch>().Payload));
    }

    [Fact]
    public void Write_RequestsAreLimitedBelowAnAppend_BatchFitsALogEntry()
    {
        HarmonySettings settings = Settings("max-request-bytes = 1KiB");
        IActorRef client = Sys.ActorOf(ClientActor.Props(settings, () => ClusterId, () => _now, _ => _peer.Ref));
        for (int i = 0; i < 200; i++)
        {
            client.Tell(new SubmitCommand(Put(new string('k', 900)), Timeout), _user.Ref);
        }

        client.Tell(new LeaderKnown(true, "127.0.0.1:4053", new Term(2)), _raft.Ref);
        for (int commands = 0; commands < 200;)
        {
            ProposeBatch batch = _raft.ExpectMsg<ProposeBatch>();
            Assert.True(batch.Payload.Length <= settings.Limits.RequestBytesMaximum + NodeFiles.RequestOverheadBytes, $"{batch.Payload.Length} bytes");
            commands += Keys(batch.Payload).Count();
        }
    }

    [Fact]
    public void Forwarded_ThisNodeDoesNotLead_IsNotTakenAndNotForwardedAgain()
    {
        Follow(term: 2);
        _client.Tell(new ForwardedBatch(ClusterId, 5, Batch("a")), _user.Ref);
        Assert.Equal((5ul, BatchOutcome.NotTaken), Outcome(_user.ExpectMsg<ForwardedBatchAnswer>()));
        _peer.ExpectNoMsg(TimeSpan.Zero);
    }

    [Fact]
    public void A1_Forwarded_ResultsAboveAFrame_AreToldAtOnceAndTheOthersArrive()
    {
        Lead();
        _client.Tell(new ForwardedBatch(ClusterId, 5, Batch("a", "b")), _user.Ref);
        ProposeBatch batch = _raft.ExpectMsg<ProposeBatch>();
        var large = new CommandResult { Revision = 2, Deleted = 1, Previous = { new StoredKeyValue { Value = ByteString.CopyFrom(new byte[4 << 20]) } } };
        _raft.Reply(new AnswerBatchEffect(batch.BatchId, BatchOutcome.Applied, [large, new CommandResult { Revision = 3 }]));
        ForwardedBatchAnswer answer = _user.ExpectMsg<ForwardedBatchAnswer>();
        Assert.Equal([true, false], answer.Results.Select(r => r.PreviousLeftOut));
        Assert.Equal([2L, 3L], answer.Results.Select(r => r.Revision));
        Assert.True(answer.Results.Sum(r => r.CalculateSize()) < 1 << 10);
    }

    [Fact]
    public void A1_Write_WhatItReplacedCouldNotTravel_IsToldAsApplied()
    {
        Follow(term: 2);
        Submit("a");
        ForwardedBatch batch = _peer.ExpectMsg<ForwardedBatch>();
        _peer.Reply(new ForwardedBatchAnswer(batch.BatchId, BatchOutcome.Applied, [new CommandResult { Revision = 9, PreviousLeftOut = true }]));
        OutcomeUnknownException failure = Assert.IsType<OutcomeUnknownException>(_user.ExpectMsg<CommandAnswer>().Failure);
        Assert.Contains("applied at revision 9", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0xBADul, "a")]
    [InlineData(ClusterId, "")]
    public void Forwarded_OtherClusterOrUnsoundBatch_IsNotTaken(ulong clusterId, string key)
    {
        Lead();
        _client.Tell(new ForwardedBatch(clusterId, 5, Batch(key)), _user.Ref);
        Assert.Equal((5ul, BatchOutcome.NotTaken), Outcome(_user.ExpectMsg<ForwardedBatchAnswer>()));
        _client.Tell(new ForwardedBatch(ClusterId, 6, Batch("sound")), _user.Ref);
        Assert.Equal(["sound"], Keys(_raft.ExpectMsg<ProposeBatch>().Payload));
    }

    [Fact]
    public void Forwarded_BatchWithWhatThisVersionDoesNotKnow_IsNotTaken()
    {
        Lead();
        // A field 15 behind the commands: no member of this version could apply the entry, so it must not enter the log.
        _client.Tell(new ForwardedBatch(ClusterId, 5, (byte[])[.. Batch("a"), 15 << 3, 1]), _user.Ref);
        Assert.Equal((5ul, BatchOutcome.NotTaken), Outcome(_user.ExpectMsg<ForwardedBatchAnswer>()));
        _raft.ExpectNoMsg(TimeSpan.Zero);
    }

    [Fact]
    public void Reads_ManyWaiting_AreConfirmedByOneQuestion()
    {
        Lead();
        Read();
        AskReadIndex first = _raft.ExpectMsg<AskReadIndex>();
        Read();
        Read();
        _client.Tell(new AnswerReadEffect(first.RequestId, true), _raft.Ref);
        Assert.Null(_user.ExpectMsg<ReadAnswer>().Failure);

        AskReadIndex second = _raft.ExpectMsg<AskReadIndex>();
        _client.Tell(new AnswerReadEffect(second.RequestId, true), _raft.Ref);
        Assert.Null(_user.ExpectMsg<ReadAnswer>().Failure);
        Assert.Null(_user.ExpectMsg<ReadAnswer>().Failure);
    }

    [Fact]
    public void R18_R21_QuestionLost_IsAskedAgainWithAFreshId()
    {
        Lead();
        Read();
        AskReadIndex lost = _raft.ExpectMsg<AskReadIndex>();
        Pass(TimeSpan.FromMilliseconds(200));
        AskReadIndex again = _raft.ExpectMsg<AskReadIndex>();
        Assert.NotEqual(lost.RequestId, again.RequestId);
        _client.Tell(new AnswerReadEffect(again.RequestId, true), _raft.Ref);
        Assert.Null(_user.ExpectMsg<ReadAnswer>().Failure);
    }

    [Fact]
    public void R21_AnswerComesAfterTheQuestionWasAskedAgain_ReadProceeds()
    {
        Lead();
        Read();
        AskReadIndex slow = _raft.ExpectMsg<AskReadIndex>();
        Pass(TimeSpan.FromMilliseconds(200));
        AskReadIndex again = _raft.ExpectMsg<AskReadIndex>();
        Read();

        _client.Tell(new AnswerReadEffect(slow.RequestId, true), _raft.Ref);
        Assert.Null(_user.ExpectMsg<ReadAnswer>().Failure);
        _client.Tell(new AnswerReadEffect(again.RequestId, true), _raft.Ref);
        AskReadIndex later = _raft.ExpectMsg<AskReadIndex>();
        _user.ExpectNoMsg(TimeSpan.Zero);
        _client.Tell(new AnswerReadEffect(later.RequestId, true), _raft.Ref);
        Assert.Null(_user.ExpectMsg<ReadAnswer>().Failure);
    }

    [Fact]
    public void Read_NeverConfirmed_TimesOut()
    {
        Lead();
        Read();
        Pass(Timeout);
        Assert.IsType<RequestTimeoutException>(_user.ExpectMsg<ReadAnswer>().Failure);
    }

    private static HarmonySettings Settings(string limits) => HarmonySettings.From(ConfigurationFactory.ParseString($$"""
        harmony {
          name = n1
          data-dir = "/unused"
          limits { {{limits}} }
          cluster.members = [{ name = n1, raft-address = "127.0.0.1:4053" }, { name = n2, raft-address = "127.0.0.1:4063" }]
        }
        """));

    private static (ulong BatchId, BatchOutcome Outcome) Outcome(ForwardedBatchAnswer answer) => (answer.BatchId, answer.Outcome);

    private static Command Put(string key) => new() { Put = new PutCommand { Key = ByteString.CopyFromUtf8(key) } };

    private static byte[] Batch(params string[] keys) => new CommandBatch { Commands = { keys.Select(Put) } }.ToByteArray();

    private static IEnumerable<string> Keys(ReadOnlyMemory<byte> payload) =>
        CommandBatch.Parser.ParseFrom(payload.Span).Commands.Select(c => c.Put.Key.ToStringUtf8());

    private void Lead() => _client.Tell(new LeaderKnown(true, "127.0.0.1:4053", new Term(2)), _raft.Ref);

    private void Follow(ulong term) => _client.Tell(new LeaderKnown(false, "127.0.0.1:4063", new Term(term)), _raft.Ref);

    private void Submit(string key) => _client.Tell(new SubmitCommand(Put(key), Timeout), _user.Ref);

    private void Read() => _client.Tell(new SubmitRead(Timeout), _user.Ref);

    private void Pass(TimeSpan time)
    {
        // What was sent before is handled before: its deadline counts from now.
        _client.Tell(new Identify(time), TestActor);
        ExpectMsg<ActorIdentity>();
        _now += time;
        _client.Tell(ClockTick.Instance, ActorRefs.NoSender);
    }
}
