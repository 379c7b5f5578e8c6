using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using HarmonyDB.Actors;
using HarmonyDB.Messages;
using HarmonyDB.Raft;
using HarmonyDB.Replication;
using Xunit;

namespace HarmonyDB.Tests.Actors;

/// <summary>Changes of the members on their way to the leader: handed over once, asked again only when nothing happened, answered by the deadline.</summary>
public sealed class MembershipActorTests : TestKit
{
    private const ulong ClusterId = 0xC1;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);
    private static readonly AddMember Change = new("127.0.0.1:4083", IsLearner: true);

    private readonly TestProbe _raft;
    private readonly TestProbe _peer;
    private readonly IActorRef _members;
    private TimeSpan _now;

    public MembershipActorTests()
    {
        _raft = CreateTestProbe("raft");
        _peer = CreateTestProbe("peer");
        _members = Sys.ActorOf(Props.Create(() => new MembershipActor(() => ClusterId, () => _now, _ => _peer.Ref)));
    }

    [Fact]
    public void Change_WhereTheLeaderIs_GoesToItsRaftActorAndIsAnswered()
    {
        Lead();
        _members.Tell(new SubmitChange(Change, Timeout), TestActor);
        ProposeChange proposed = _raft.ExpectMsg<ProposeChange>();
        Assert.Equal(Change, proposed.Change);
        _members.Tell(new AnswerChangeEffect(proposed.ChangeId, ChangeOutcome.Done, new MemberId(4), null), _raft.Ref);
        Assert.Equal((ChangeOutcome.Done, 4ul), Answer());
    }

    [Fact]
    public void Change_WhileNobodyLeads_WaitsAndIsForwardedOnce()
    {
        _members.Tell(new SubmitChange(Change, Timeout), TestActor);
        _members.Tell(new LeaderKnown(false, null, new Term(2)), _raft.Ref);
        _members.Tell(new LeaderKnown(false, "127.0.0.1:4063", new Term(3)), _raft.Ref);
        ForwardedChange forwarded = _peer.ExpectMsg<ForwardedChange>();
        Assert.Equal((ClusterId, (MemberChange)Change), (forwarded.ClusterId, forwarded.Change));

        Tick();
        _peer.ExpectNoMsg(TimeSpan.FromMilliseconds(100));
        _members.Tell(new ForwardedChangeAnswer(forwarded.ChangeId, ChangeOutcome.AddressTaken, default, null), _peer.Ref);
        Assert.Equal(ChangeOutcome.AddressTaken, Answer().Outcome);
    }

    [Theory]
    [InlineData((int)ChangeOutcome.Busy)]
    [InlineData((int)ChangeOutcome.NotTaken)]
    public void Change_ThatWasNotTaken_IsAskedForAgain(int outcome)
    {
        Lead();
        _members.Tell(new SubmitChange(Change, Timeout), TestActor);
        ProposeChange first = _raft.ExpectMsg<ProposeChange>();
        _members.Tell(new AnswerChangeEffect(first.ChangeId, (ChangeOutcome)outcome, default, null), _raft.Ref);
        Tick();
        ProposeChange second = _raft.ExpectMsg<ProposeChange>();
        _members.Tell(new AnswerChangeEffect(second.ChangeId, ChangeOutcome.Done, default, null), _raft.Ref);
        Assert.Equal(ChangeOutcome.Done, Answer().Outcome);
    }

    [Fact]
    public void Change_HandedToALeaderThatFell_IsUnknown()
    {
        _members.Tell(new LeaderKnown(false, "127.0.0.1:4063", new Term(3)), _raft.Ref);
        _members.Tell(new SubmitChange(Change, Timeout), TestActor);
        _peer.ExpectMsg<ForwardedChange>();
        _members.Tell(new LeaderKnown(false, "127.0.0.1:4073", new Term(4)), _raft.Ref);
        Assert.Equal(ChangeOutcome.Unknown, Answer().Outcome);
        _peer.ExpectNoMsg(TimeSpan.FromMilliseconds(100));
    }

    [Theory]
    [InlineData(true, (int)ChangeOutcome.Unknown)]
    [InlineData(false, (int)ChangeOutcome.NotTaken)]
    public void Change_PastItsDeadline_IsUnknownOnlyIfItWasHandedOver(bool hasLeader, int expected)
    {
        if (hasLeader)
        {
            Lead();
        }

        _members.Tell(new SubmitChange(Change, Timeout), TestActor);
        if (hasLeader)
        {
            _raft.ExpectMsg<ProposeChange>();
        }
        else
        {
            ExpectNoMsg(TimeSpan.FromMilliseconds(100));
        }

        _now = Timeout;
        Tick();
        Assert.Equal((ChangeOutcome)expected, Answer().Outcome);
    }

    [Fact]
    public void Transfer_WhereTheLeaderIsNot_IsRefusedAtOnce()
    {
        _members.Tell(new LeaderKnown(false, "127.0.0.1:4063", new Term(3)), _raft.Ref);
        _members.Tell(new SubmitTransfer(new MemberId(2), Timeout), TestActor);
        Assert.Equal(ChangeOutcome.NotTaken, Answer().Outcome);
    }

    [Fact]
    public void R61_ForwardedChange_OfAnotherClusterOrToANodeThatDoesNotLead_IsNotTaken()
    {
        _members.Tell(new ForwardedChange(ClusterId, 7, Change), _peer.Ref);
        Assert.Equal((7ul, ChangeOutcome.NotTaken), Forwarded());
        Lead();
        _members.Tell(new ForwardedChange(0xBAD, 8, Change), _peer.Ref);
        Assert.Equal((8ul, ChangeOutcome.NotTaken), Forwarded());
        _members.Tell(new ForwardedChange(ClusterId, 9, Change), _peer.Ref);
        ProposeChange proposed = _raft.ExpectMsg<ProposeChange>();
        _members.Tell(new AnswerChangeEffect(proposed.ChangeId, ChangeOutcome.Done, default, null), _raft.Ref);
        Assert.Equal((9ul, ChangeOutcome.Done), Forwarded());
    }

    [Fact]
    public void Stop_WhatWaits_IsAnswered()
    {
        _members.Tell(new SubmitChange(Change, Timeout), TestActor);

        // Its mailbox is in order, a stop is not: once this one is answered the change is there.
        _members.Tell(new ForwardedChange(0xBAD, 1, Change), _peer.Ref);
        Forwarded();
        Sys.Stop(_members);
        Assert.Equal(ChangeOutcome.NotTaken, Answer().Outcome);
    }

    private void Lead() => _members.Tell(new LeaderKnown(true, "127.0.0.1:4053", new Term(2)), _raft.Ref);

    private void Tick() => _members.Tell(ClockTick.Instance);

    private (ChangeOutcome Outcome, ulong Member) Answer()
    {
        ChangeAnswer answer = ExpectMsg<ChangeAnswer>();
        return (answer.Outcome, answer.Member.Value);
    }

    private (ulong ChangeId, ChangeOutcome Outcome) Forwarded()
    {
        ForwardedChangeAnswer answer = _peer.ExpectMsg<ForwardedChangeAnswer>();
        return (answer.ChangeId, answer.Outcome);
    }
}
