using Akka.Dispatch.SysMsg;

namespace Akka.Actor;

/// <summary>Who this actor watches, and who watches it.</summary>
internal sealed partial class ActorCell
{
    private readonly Dictionary<IActorRef, object?> _watching = [];
    private readonly HashSet<IInternalActorRef> _watchedBy = [];

    /// <summary>Actors whose <see cref="Terminated"/> is in the mailbox, with the message that stands for it. Unwatching takes them out again.</summary>
    private readonly Dictionary<IActorRef, object?> _terminatedQueued = [];
    public IActorRef Watch(IActorRef subject) => Watch(subject, null);

    public IActorRef WatchWith(IActorRef subject, object message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return Watch(subject, message);
    }

    public IActorRef Unwatch(IActorRef subject)
    {
        var watched = (IInternalActorRef)subject;
        if (_watching.Remove(watched))
        {
            watched.SendSystemMessage(new Unwatch(watched, Self));
        }

        _terminatedQueued.Remove(subject);
        return subject;
    }

    private IActorRef Watch(IActorRef subject, object? message)
    {
        var watched = (IInternalActorRef)subject;
        if (watched.Equals(Self))
        {
            return subject;
        }

        if (_watching.TryAdd(watched, message))
        {
            watched.SendSystemMessage(new Watch(watched, Self));
        }
        else if (!Equals(_watching[watched], message))
        {
            throw new InvalidOperationException($"{Self} already watches {subject} with another message; Unwatch it first");
        }

        return subject;
    }

    private void WatchedActorTerminated(IActorRef actor, bool existenceConfirmed)
    {
        if (_watching.Remove(actor, out var message) && !IsTerminating)
        {
            _terminatedQueued[actor] = message;
            ((ICanTell)Self).Tell(new Terminated(actor, existenceConfirmed, addressTerminated: false), actor);
        }

        if (StatsOf(actor) is not null)
        {
            HandleChildTerminated(actor);
        }
    }

    private void ReceivedTerminated(Terminated terminated)
    {
        if (_terminatedQueued.Remove(terminated.ActorRef, out var message))
        {
            ReceiveMessage(message ?? terminated);
        }
    }

    private void TellWatchersWeDied()
    {
        foreach (var watcher in _watchedBy.Where(w => !w.Equals(Parent)))
        {
            watcher.SendSystemMessage(new DeathWatchNotification(Self, ExistenceConfirmed: true));
        }

        _watchedBy.Clear();
    }

    private void UnwatchAll()
    {
        foreach (var watched in _watching.Keys.Cast<IInternalActorRef>())
        {
            watched.SendSystemMessage(new Unwatch(watched, Self));
        }

        _watching.Clear();
        _terminatedQueued.Clear();
    }
}
