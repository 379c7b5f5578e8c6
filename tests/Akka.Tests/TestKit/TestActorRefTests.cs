using Akka.Actor;
using Xunit;

namespace Akka.Tests.TestKit;

public sealed class TestActorRefTests : Akka.TestKit.Xunit2.TestKit
{
    [Fact]
    public void Tell_IsHandledBeforeItReturns_AndTheInstanceCanBeSeen()
    {
        var actor = ActorOfAsTestActorRef<Counter>("counter");

        actor.Tell(2);
        actor.Tell(3);

        Assert.Equal(5, actor.UnderlyingActor.Sum);
        Assert.Equal("counter", actor.Path.Name);
    }

    [Fact]
    public void Sender_IsTheTestActor()
    {
        ActorOfAsTestActorRef<Counter>().Tell("sum");

        ExpectMsg(0);
    }

    [Fact]
    public void Receive_GivesOutWhatTheActorThrows()
    {
        var actor = ActorOfAsTestActorRef<Counter>();

        actor.Receive(1);

        Assert.Throws<InvalidOperationException>(() => actor.Receive("fail"));
        Assert.Equal(1, actor.UnderlyingActor.Sum);
    }

    [Fact]
    public void Supervisor_IsTheOneGiven()
    {
        var parent = ActorOfAsTestActorRef<Counter>("parent");

        var child = ActorOfAsTestActorRef<Counter>(Props.Create<Counter>(), parent, "child");

        Assert.Equal(parent.Path / "child", child.Path);
    }

    private sealed class Counter : ReceiveActor
    {
        public Counter()
        {
            Receive<int>(i => Sum += i);
            Receive<string>(m => m == "fail", _ => throw new InvalidOperationException("it failed"));
            Receive<string>(_ => Sender.Tell(Sum));
        }

        public int Sum { get; private set; }
    }
}
