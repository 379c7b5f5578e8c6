using System.Collections.Concurrent;
using Akka.Dispatch.SysMsg;
using Akka.Event;

namespace Akka.Actor;

/// <summary>A reference that is not an actor, but has a path.</summary>
internal abstract class MinimalActorRef(IActorRefProvider provider, ActorPath path) : ActorRefBase, IInternalActorRef
{
    public override ActorPath Path => path;
    public IActorRefProvider Provider => provider;
    public virtual IInternalActorRef GetSingleChild(string name) => ActorRefs.Nobody;
    public virtual void SendSystemMessage(ISystemMessage message) { }
    protected override void TellInternal(object message, IActorRef sender) { }
}

/// <summary>A place where no actor is: what is sent there is a dead letter, and who watches it is told at once.</summary>
internal sealed class EmptyLocalActorRef(IActorRefProvider provider, ActorPath path) : MinimalActorRef(provider, path), IInternalActorRef
{
    bool IInternalActorRef.IsTerminated => true;

    public override void SendSystemMessage(ISystemMessage message)
    {
        // Nobody ever existed here, or not any more: a watcher must not wait for ever.
        if (message is Watch watch)
        {
            watch.Watcher.SendSystemMessage(new DeathWatchNotification(watch.Watchee, ExistenceConfirmed: false));
        }
    }

    protected override void TellInternal(object message, IActorRef sender)
    {
        var content = message is ActorSelectionMessage selection ? selection.Message : message;
        if (content is Identify identify)
        {
            sender?.Tell(new ActorIdentity(identify.MessageId, null), ActorRefs.NoSender);
        }
        else
        {
            Provider.Settings.System.EventStream.Publish(AllDeadLetters.For(content, sender ?? Provider.DeadLetters, this));
        }
    }
}

/// <summary>A folder of references that no actor supervises, such as those of pending questions.</summary>
internal sealed class VirtualPathContainer(IActorRefProvider provider, ActorPath path) : MinimalActorRef(provider, path)
{
    private readonly ConcurrentDictionary<string, IInternalActorRef> _children = new(StringComparer.Ordinal);
    public void AddChild(string name, IInternalActorRef actor) => _children[name] = actor;
    public void RemoveChild(string name) => _children.TryRemove(name, out _);
    public override IInternalActorRef GetSingleChild(string name) => _children.GetValueOrDefault(name, ActorRefs.Nobody);
}
