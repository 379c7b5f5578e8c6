using Akka.Actor;

namespace Akka.TestKit;

/// <summary>One more test actor, with a queue and expectations of its own; usable wherever a reference is.</summary>
public class TestProbe : TestKitBase, INoImplicitSender, IForwardingActorRef
{
    public TestProbe(ActorSystem system, ITestKitAssertions assertions, string? testProbeName = null) : base(assertions, system, testProbeName) { }

    /// <summary>The probe's actor.</summary>
    public IActorRef Ref => TestActor;

    /// <summary>Who sent the last message taken from the queue.</summary>
    public IActorRef Sender => LastSender;
    LocalActorRef IForwardingActorRef.Target => (LocalActorRef)TestActor;

    /// <summary>Sends with the probe as sender.</summary>
    public void Send(IActorRef actor, object message) => actor.Tell(message, TestActor);

    /// <summary>Sends to whoever sent the last message taken.</summary>
    public void Reply(object message) => Sender.Tell(message, TestActor);

    /// <summary>Passes the last message taken on, with its own sender.</summary>
    public void Forward(IActorRef actor) => actor.Tell(LastMessage!, Sender);
    public override bool Equals(object? obj) => TestActor.Equals(obj);
    public override int GetHashCode() => TestActor.GetHashCode();
    public override string ToString() => TestActor.ToString()!;
}
