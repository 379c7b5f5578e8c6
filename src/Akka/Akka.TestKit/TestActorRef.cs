using Akka.Actor;
using Akka.Dispatch;
using Akka.Dispatch.SysMsg;

namespace Akka.TestKit;

/// <summary>
/// An actor that handles a message on the sender's thread, before <c>Tell</c> returns, and whose instance the test can look into.
/// </summary>
public abstract class TestActorRefBase<TActor> : ITestActorRef
    where TActor : ActorBase
{
    private readonly LocalActorRef _ref;

    protected TestActorRefBase(ActorSystem system, Props actorProps, IActorRef? supervisor = null, string? name = null)
    {
        var props = actorProps.Dispatcher == Dispatchers.DefaultDispatcherId ? actorProps.WithDispatcher(CallingThreadDispatcher.Id) : actorProps;
        var parent = (supervisor as ITestActorRef)?.Local ?? supervisor as LocalActorRef;
        _ref = (LocalActorRef)(parent is null
            ? system.ActorOf(props, name!)
            : parent.Cell.InContext(() => parent.Cell.AttachChild(props, name, isSystemService: false)));
    }

    public IActorRef Ref => _ref;

    public ActorPath Path => _ref.Path;

    /// <exception cref="IllegalActorStateException">There is none: it has stopped, or could not be created.</exception>
    public TActor UnderlyingActor => _ref.Cell.Actor as TActor ?? throw new IllegalActorStateException($"There is no {typeof(TActor)} behind {_ref}");

    LocalActorRef ITestActorRef.Local => _ref;

    IActorRefProvider IInternalActorRef.Provider => _ref.Provider;

    IInternalActorRef IInternalActorRef.Parent => _ref.Parent;

    bool IInternalActorRef.IsTerminated => _ref.IsTerminated;

    public static bool operator ==(TestActorRefBase<TActor>? testActorRef, IActorRef? actorRef) => Equals(testActorRef?._ref, actorRef);

    public static bool operator ==(IActorRef? actorRef, TestActorRefBase<TActor>? testActorRef) => Equals(testActorRef?._ref, actorRef);

    public static bool operator !=(TestActorRefBase<TActor>? testActorRef, IActorRef? actorRef) => !(testActorRef == actorRef);

    public static bool operator !=(IActorRef? actorRef, TestActorRefBase<TActor>? testActorRef) => !(testActorRef == actorRef);

    public static IActorRef ToActorRef(TestActorRefBase<TActor> actorRef) => actorRef._ref;

    /// <summary>Gives the message to the actor without its mailbox: what it throws comes out here.</summary>
    public void Receive(object message, IActorRef? sender = null) => _ref.Cell.ReceiveMessageForTest(new Envelope(message, sender ?? ActorRefs.NoSender));

    public void Tell(object message) => ((IActorRef)_ref).Tell(message);

    public void Tell(object message, IActorRef? sender) => _ref.Tell(message, sender);

    public void Watch(IActorRef subject) => _ref.Cell.InContext(() => _ref.Cell.Watch(subject));

    public void Unwatch(IActorRef subject) => _ref.Cell.InContext(() => _ref.Cell.Unwatch(subject));

    public int CompareTo(object? obj) => _ref.CompareTo(obj);

    public override bool Equals(object? obj) => _ref.Equals(obj);

    public override int GetHashCode() => _ref.GetHashCode();

    public override string ToString() => _ref.ToString();

    bool IEquatable<IActorRef>.Equals(IActorRef? other) => _ref.Equals(other);

    int IComparable<IActorRef>.CompareTo(IActorRef? other) => _ref.CompareTo(other);

    IActorRef IInternalActorRef.GetChild(IReadOnlyList<string> name) => _ref.GetChild(name);

    IInternalActorRef IInternalActorRef.GetSingleChild(string name) => _ref.GetSingleChild(name);

    void IInternalActorRef.Stop() => _ref.Stop();

    void IInternalActorRef.SendSystemMessage(ISystemMessage message) => _ref.SendSystemMessage(message);
}

internal interface ITestActorRef : IInternalActorRef
{
    LocalActorRef Local { get; }
}

public class TestActorRef<TActor> : TestActorRefBase<TActor>
    where TActor : ActorBase
{
    public TestActorRef(ActorSystem system, Props actorProps, IActorRef? supervisor = null, string? name = null)
        : base(system, actorProps, supervisor, name)
    {
    }
}
