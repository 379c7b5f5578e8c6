using Akka.Actor;
using Xunit;
using Xunit.Sdk;

namespace Akka.Tests.TestKit;

public sealed class ExpectTests : Akka.TestKit.Xunit2.TestKit
{
    private static readonly TimeSpan Brief = TimeSpan.FromMilliseconds(50);

    [Fact]
    public void ExpectMsg_OfTheType_GivesTheMessage()
    {
        TestActor.Tell("a");

        Assert.Equal("a", ExpectMsg<string>());
        Assert.Equal("a", LastMessage);
        Assert.Equal(TestActor, LastSender);
    }

    [Fact]
    public void ExpectMsg_OfAnotherType_ShowsWhatCame()
    {
        TestActor.Tell("came {0}");

        var failure = Assert.Throws<XunitException>(() => ExpectMsg<int>());

        Assert.Contains("System.Int32", failure.Message, StringComparison.Ordinal);
        Assert.Contains("came {0}", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ExpectMsg_NothingCame_TimesOutAndNamesTypeAndHint()
    {
        var failure = Assert.Throws<XunitException>(() => ExpectMsg<string>(Brief, "the hint"));

        Assert.Contains("Timeout", failure.Message, StringComparison.Ordinal);
        Assert.Contains("System.String", failure.Message, StringComparison.Ordinal);
        Assert.Contains("the hint", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ExpectMsg_AnEqualMessage_PassesAndAnotherFails()
    {
        TestActor.Tell(new[] { 1, 2 });
        TestActor.Tell("b");

        ExpectMsg(new[] { 1, 2 });
        Assert.Contains("b", Assert.ThrowsAny<XunitException>(() => ExpectMsg("a")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ExpectMsg_WithAPredicate_PassesAndFails()
    {
        TestActor.Tell(1);
        TestActor.Tell(2);

        Assert.Equal(1, ExpectMsg<int>(i => i == 1));
        Assert.ThrowsAny<XunitException>(() => ExpectMsg<int>(i => i == 1));
    }

    [Fact]
    public void ExpectMsg_WithAnAssertion_PassesAndFails()
    {
        TestActor.Tell(1);
        TestActor.Tell(2);

        ExpectMsg<int>(i => Assert.Equal(1, i));
        Assert.ThrowsAny<XunitException>(() => ExpectMsg<int>(i => Assert.Equal(1, i)));
    }

    [Fact]
    public void ExpectMsg_WithSender_PassesAndFails()
    {
        var probe = CreateTestProbe();
        probe.Send(TestActor, "a");
        probe.Send(TestActor, "b");
        probe.Send(TestActor, "c");
        TestActor.Tell("d", ActorRefs.Nobody);

        ExpectMsg<string>((m, sender) => m == "a" && sender.Equals(probe.Ref));
        ExpectMsg<string>((_, sender) => Assert.Equal(probe.Ref, sender));
        ExpectMsgFrom(probe.Ref, "c");
        Assert.ThrowsAny<XunitException>(() => ExpectMsgFrom<string>(probe.Ref));
    }

    [Fact]
    public async Task ExpectMsgAsync_PassesAndFails()
    {
        TestActor.Tell("a");
        TestActor.Tell("b");

        Assert.Equal("a", await ExpectMsgAsync<string>());
        await Assert.ThrowsAnyAsync<XunitException>(async () => await ExpectMsgAsync("a"));
        await Assert.ThrowsAnyAsync<XunitException>(async () => await ExpectMsgAsync<string>(Brief));
    }

    [Fact]
    public async Task ImplicitSender_IsTheTestActor_AlsoAfterAnAwait()
    {
        var echo = ActorOf<Echo>();
        echo.Tell("before");
        ExpectMsg("before");

        await Task.Yield();
        echo.Tell("after");

        await ExpectMsgAsync("after");
        echo.Tell("once more");
        ExpectMsg("once more");
    }

    [Fact]
    public void ExpectMsgAnyOf_PassesAndFails()
    {
        TestActor.Tell(2);
        TestActor.Tell(3);

        Assert.Equal(2, ExpectMsgAnyOf([1, 2]));
        Assert.ThrowsAny<XunitException>(() => ExpectMsgAnyOf([1, 2]));
    }

    [Fact]
    public void ExpectMsgAllOf_InAnyOrder_PassesAndFails()
    {
        TestActor.Tell(2);
        TestActor.Tell(1);
        TestActor.Tell(1);
        TestActor.Tell(1);

        ExpectMsgAllOf(1, 2);
        Assert.Contains("2", Assert.ThrowsAny<XunitException>(() => ExpectMsgAllOf(1, 2)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ExpectNoMsg_PassesAndShowsWhatCame()
    {
        ExpectNoMsg(Brief);
        TestActor.Tell("unwelcome");

        Assert.Contains("unwelcome", Assert.Throws<XunitException>(() => ExpectNoMsg(Brief)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ExpectTerminated_PassesAndFails()
    {
        var one = ActorOf<Echo>("one");
        var two = ActorOf<Echo>("two");
        Watch(one);
        Watch(two);

        Sys.Stop(one);
        ExpectTerminated(one);
        Sys.Stop(two);
        Assert.ThrowsAny<XunitException>(() => ExpectTerminated(one));
        Assert.ThrowsAny<XunitException>(() => ExpectTerminated(one, Brief));
    }

    [Fact]
    public void Unwatch_NoTerminatedComes()
    {
        var echo = ActorOf<Echo>();
        var probe = CreateTestProbe();
        probe.Watch(echo);
        Watch(echo);
        Unwatch(echo);

        Sys.Stop(echo);

        probe.ExpectTerminated(echo);
        ExpectNoMsg(Brief);
    }

    [Fact]
    public void FishForMessage_SkipsOthers_AndTimesOut()
    {
        TestActor.Tell("a");
        TestActor.Tell(1);
        TestActor.Tell(2);

        Assert.Equal(2, FishForMessage<int>(i => i == 2));
        TestActor.Tell("a");
        Assert.Contains("fishing", Assert.Throws<XunitException>(() => FishForMessage<int>(i => i == 2, Brief)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReceiveN_GivesThatMany_AndShowsWhatCame()
    {
        TestActor.Tell(1);
        TestActor.Tell(2);
        TestActor.Tell(3);

        Assert.Equal([1, 2], ReceiveN(2));
        Assert.Contains("[3]", Assert.Throws<XunitException>(() => ReceiveN(2, Brief)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReceiveOne_NothingCame_IsNull()
    {
        Assert.Null(ReceiveOne(Brief));
        TestActor.Tell("a");
        Assert.True(HasMessages);
        Assert.Equal("a", ReceiveOne(TimeSpan.Zero));
        Assert.False(HasMessages);
    }

    [Fact]
    public void IgnoreMessages_LeavesThemOut_UntilNoMore()
    {
        IgnoreMessages<string>();
        TestActor.Tell("a");
        TestActor.Tell(1);
        ExpectMsg(1);

        IgnoreNoMessages();
        TestActor.Tell("b");
        ExpectMsg("b");
    }

    [Fact]
    public void Within_BoundsTheDefaultTimeout_AndTheBlock()
    {
        Within(Brief, () => Assert.ThrowsAny<XunitException>(() => ExpectMsg<string>()));
        Assert.ThrowsAny<XunitException>(() => Within(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(10), () => { }));
        Assert.Throws<InvalidOperationException>(() => Remaining);
    }

    [Fact]
    public void AwaitAssert_TriesUntilItHolds_AndGivesTheLastFailure()
    {
        var calls = 0;
        AwaitAssert(() => Assert.Equal(3, ++calls), TimeSpan.FromSeconds(5), TimeSpan.FromMilliseconds(1));
        Assert.ThrowsAny<XunitException>(() => AwaitAssert(() => Assert.Equal(0, ++calls), Brief, TimeSpan.FromMilliseconds(1)));
    }

    [Fact]
    public async Task AwaitCondition_PassesAndFails()
    {
        var calls = 0;
        AwaitCondition(() => ++calls == 3, TimeSpan.FromSeconds(5), TimeSpan.FromMilliseconds(1));
        await AwaitConditionAsync(() => Task.FromResult(++calls == 6), TimeSpan.FromSeconds(5), TimeSpan.FromMilliseconds(1));
        Assert.Contains("never", Assert.Throws<XunitException>(() => AwaitCondition(() => false, Brief, "never")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TestProbe_SendsRepliesAndForwards_InItsOwnName()
    {
        var echo = ActorOf<Echo>();
        var probe = CreateTestProbe("named");
        var other = CreateTestProbe();

        probe.Send(echo, "a");
        probe.ExpectMsg("a");
        probe.Forward(other.Ref);
        other.ExpectMsgFrom(echo, "a");
        TestActor.Tell("as a reference", probe);
        ExpectMsgFrom(probe.Ref, "as a reference");
        probe.Ref.Tell("asked", TestActor);
        probe.ExpectMsg("asked");
        probe.Reply("answered");
        ExpectMsgFrom(probe.Ref, "answered");
        Assert.Equal("named", probe.Ref.Path.Name);
        Assert.True(probe.Equals(probe.Ref) && probe.Ref.Equals(probe));
    }

    private sealed class Echo : ReceiveActor
    {
        public Echo() => ReceiveAny(m => Sender.Tell(m));
    }
}
