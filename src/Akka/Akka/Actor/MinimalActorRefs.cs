using System.Collections.Concurrent;
using Akka.Dispatch.SysMsg;
using Akka.Event;

namespace Akka.Actor;

/// <summary>A reference that is not an actor, but has a path.</summary>
internal abstract class MinimalActorRef(IActorRefProvider provider, ActorPath path) : ActorRefBase, IInternalActorRef
{
    public override ActorPath Path => path;
    public IActorRefProvider Provider => provider;
    public virtual IActorRef GetChild(IReadOnlyList<string> name) => name.All(n => n.Length == 0) ? this : ActorRefs.Nobody;
    public virtual IInternalActorRef GetSingleChild(string name) => ActorRefs.Nobody;
    public virtual void Stop() { }
    public virtual void SendSystemMessage(ISystemMessage message) { }
    protected override void TellInternal(object message, IActorRef sender) { }
}

/// <summary>A place where no actor is: what is sent there is a dead letter, and who watches it is told at once.</summary>
internal class EmptyLocalActorRef(IActorRefProvider provider, ActorPath path, EventStream eventStream) : MinimalActorRef(provider, path), IInternalActorRef
{
    bool IInternalActorRef.IsTerminated => true;

    public override void SendSystemMessage(ISystemMessage message)
    {
        // Nobody ever existed here, or not any more: a watcher must not wait for ever.
        if (message is Watch watch && !watch.Watcher.Equals(this))
        {
            watch.Watcher.SendSystemMessage(new DeathWatchNotification(watch.Watchee, ExistenceConfirmed: false, AddressTerminated: false));
        }
    }

    protected override void TellInternal(object message, IActorRef sender)
    {
        switch (message)
        {
            case Identify identify:
                sender?.Tell(new ActorIdentity(identify.MessageId, null), ActorRefs.NoSender);
                break;
            case ActorSelectionMessage { Message: Identify identify }:
                sender?.Tell(new ActorIdentity(identify.MessageId, null), ActorRefs.NoSender);
                break;
            case DeadLetter letter:
                eventStream.Publish(letter);
                break;
            default:
                Publish(message is ActorSelectionMessage selected ? selected.Message : message, sender);
                break;
        }
    }

    private void Publish(object message, IActorRef? sender)
    {
        var from = sender ?? Provider.DeadLetters;
        eventStream.Publish(message is IDeadLetterSuppression suppressed
            ? new SuppressedDeadLetter(suppressed, from, this)
            : new DeadLetter(message, from, this));
    }
}

internal sealed class DeadLetterActorRef(IActorRefProvider provider, ActorPath path, EventStream eventStream)
    : EmptyLocalActorRef(provider, path, eventStream);

/// <summary>Swallows everything.</summary>
internal sealed class IgnoreActorRef(IActorRefProvider provider, ActorPath path) : MinimalActorRef(provider, path);

/// <summary>A folder of references that no actor supervises, such as those of pending questions.</summary>
internal sealed class VirtualPathContainer(IActorRefProvider provider, ActorPath path, IInternalActorRef parent)
    : MinimalActorRef(provider, path), IInternalActorRef
{
    private readonly ConcurrentDictionary<string, IInternalActorRef> _children = new(StringComparer.Ordinal);
    IInternalActorRef IInternalActorRef.Parent => parent;
    public void AddChild(string name, IInternalActorRef actor) => _children[name] = actor;
    public void RemoveChild(string name) => _children.TryRemove(name, out _);
    public override IInternalActorRef GetSingleChild(string name) => _children.TryGetValue(name, out var child) ? child : ActorRefs.Nobody;

    public override IActorRef GetChild(IReadOnlyList<string> name) => name.Count switch
    {
        0 => this,
        1 => GetSingleChild(name[0]),
        _ => GetSingleChild(name[0]).GetChild([.. name.Skip(1)]),
    };
}
