using Akka.Dispatch.SysMsg;

namespace Akka.Actor;

public interface ICanTell
{
    void Tell(object message, IActorRef? sender);
}

public interface IActorRef : ICanTell, IEquatable<IActorRef>
{
    ActorPath Path { get; }
}

/// <summary>What every reference can do for the machinery; the defaults are those of a reference with no actor behind it.</summary>
internal interface IInternalActorRef : IActorRef
{
    IInternalActorRef Parent => ActorRefs.Nobody;
    IActorRefProvider Provider { get; }
    bool IsTerminated => false;
    bool IsLocal => true;

    /// <summary>The child of that name; <see cref="ActorRefs.Nobody"/> if there is none.</summary>
    IInternalActorRef GetSingleChild(string name) => ActorRefs.Nobody;
    IEnumerable<IInternalActorRef> Children => [];
    void Start() { }
    void Stop() { }
    void Suspend() { }
    void Resume(Exception? causedByFailure = null) { }
    void Restart(Exception cause) { }
    void SendSystemMessage(ISystemMessage message) { }
}

/// <summary>Something of the test kit that stands for an actor: all it is asked for is asked of that.</summary>
internal interface IForwardingActorRef : IInternalActorRef
{
    LocalActorRef Target { get; }
    ActorPath IActorRef.Path => Target.Path;
    IInternalActorRef IInternalActorRef.Parent => Target.Parent;
    IActorRefProvider IInternalActorRef.Provider => Target.Provider;
    bool IInternalActorRef.IsTerminated => Target.IsTerminated;
    bool IEquatable<IActorRef>.Equals(IActorRef? other) => Target.Equals(other);
    void ICanTell.Tell(object message, IActorRef? sender) => Target.Tell(message, sender);
    IInternalActorRef IInternalActorRef.GetSingleChild(string name) => Target.GetSingleChild(name);
    void IInternalActorRef.Stop() => Target.Stop();
    void IInternalActorRef.SendSystemMessage(ISystemMessage message) => Target.SendSystemMessage(message);
}

public abstract class ActorRefBase : IActorRef
{
    public abstract ActorPath Path { get; }

    public void Tell(object message, IActorRef? sender)
    {
        if (message is null)
        {
            throw new InvalidMessageException("Message is null.");
        }

        TellInternal(message, sender ?? ActorRefs.NoSender);
    }

    public bool Equals(IActorRef? other) =>
        ReferenceEquals(this, other) || (other is not null && Path.Uid == other.Path.Uid && Path.Equals(other.Path));

    public override bool Equals(object? obj) => Equals(obj as IActorRef);
    public override int GetHashCode() => Path.Uid == ActorPath.UndefinedUid ? Path.GetHashCode() : Path.Uid.GetHashCode();
    public override string ToString() => Path.Uid == ActorPath.UndefinedUid ? $"[{Path}]" : $"[{Path}#{Path.Uid}]";
    protected abstract void TellInternal(object message, IActorRef sender);
}

public static class ActorRefs
{
    public static readonly Nobody Nobody = Nobody.Instance;

    /// <summary>There is no sender: not a reference that swallows replies, but the absence of one.</summary>
    public static readonly IActorRef NoSender = null!;
}

public sealed class Nobody : ActorRefBase, IInternalActorRef
{
    public static Nobody Instance { get; } = new();
    private Nobody() { }
    public override ActorPath Path { get; } = new RootActorPath(Address.AllSystems, "/Nobody");
    IActorRefProvider IInternalActorRef.Provider => throw new NotSupportedException("Nobody has no provider");
    protected override void TellInternal(object message, IActorRef sender) { }
}

public static class ActorRefExtensions
{
    public static bool IsNobody(this IActorRef? actorRef) => actorRef is null or Nobody;
}

public static class ActorRefImplicitSenderExtensions
{
    public static void Tell(this IActorRef receiver, object message) => receiver.Tell(message, ActorCell.Current?.Self);
    public static void Forward(this IActorRef receiver, object message) => receiver.Tell(message, ActorCell.Current?.Sender);
}
