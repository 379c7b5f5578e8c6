using Akka.Actor;
using Akka.Dispatch;

namespace Akka.TestKit;

/// <summary>
/// An actor that handles a message on the sender's thread, before <c>Tell</c> returns, and whose instance the test can look into.
/// </summary>
public abstract class TestActorRefBase<TActor> : IForwardingActorRef where TActor : ActorBase
{
    private readonly LocalActorRef _ref;

    protected TestActorRefBase(ActorSystem system, Props actorProps, IActorRef? supervisor = null, string? name = null)
    {
        var props = actorProps.Dispatcher == Dispatchers.DefaultDispatcherId ? actorProps.WithDispatcher(CallingThreadDispatcher.Id) : actorProps;
        var parent = (supervisor as IForwardingActorRef)?.Target ?? supervisor as LocalActorRef;
        _ref = (LocalActorRef)(parent is null ? system.ActorOf(props, name) : parent.Cell.ActorOf(props, name));
    }

    public IActorRef Ref => _ref;
    public ActorPath Path => _ref.Path;

    /// <exception cref="IllegalActorStateException">There is none: it has stopped, or could not be created.</exception>
    public TActor UnderlyingActor => _ref.Cell.Actor as TActor ?? throw new IllegalActorStateException($"There is no {typeof(TActor)} behind {_ref}");
    LocalActorRef IForwardingActorRef.Target => _ref;

    /// <summary>Gives the message to the actor without its mailbox: what it throws comes out here.</summary>
    public void Receive(object message, IActorRef? sender = null) => _ref.Cell.ReceiveMessageForTest(new Envelope(message, sender ?? ActorRefs.NoSender));
    public void Tell(object message) => ((IActorRef)_ref).Tell(message);
    public override bool Equals(object? obj) => _ref.Equals(obj);
    public override int GetHashCode() => _ref.GetHashCode();
    public override string ToString() => _ref.ToString();
}

public class TestActorRef<TActor>(ActorSystem system, Props actorProps, IActorRef? supervisor = null, string? name = null)
    : TestActorRefBase<TActor>(system, actorProps, supervisor, name) where TActor : ActorBase;
