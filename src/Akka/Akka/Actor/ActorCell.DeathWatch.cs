using Akka.Dispatch.SysMsg;

namespace Akka.Actor;

/// <summary>Who this actor watches, and who watches it.</summary>
internal sealed partial class ActorCell
{
    private readonly Dictionary<IActorRef, object?> _watching = [];
    private readonly HashSet<IActorRef> _watchedBy = [];

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
        if (!watched.Equals(Self) && _watching.Remove(watched))
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

        if (!_watching.TryGetValue(watched, out var before))
        {
            _watching.Add(watched, message);
            watched.SendSystemMessage(new Watch(watched, Self));
        }
        else if (!Equals(before, message))
        {
            throw new InvalidOperationException($"{Self} already watches {subject} with another message; Unwatch it first");
        }

        return subject;
    }

    private void WatchedActorTerminated(IActorRef actor, bool existenceConfirmed, bool addressTerminated)
    {
        if (_watching.Remove(actor, out var message) && _terminating != TerminationReason.Stop)
        {
            _terminatedQueued[actor] = message;
            ((ICanTell)Self).Tell(new Terminated(actor, existenceConfirmed, addressTerminated), actor);
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

    private void AddWatcher(IInternalActorRef watchee, IInternalActorRef watcher)
    {
        if (watchee.Equals(Self) && !watcher.Equals(Self))
        {
            _watchedBy.Add(watcher);
        }
    }

    private void RemoveWatcher(IInternalActorRef watchee, IInternalActorRef watcher)
    {
        if (watchee.Equals(Self))
        {
            _watchedBy.Remove(watcher);
        }
    }

    private void TellWatchersWeDied()
    {
        // Remote watchers first: the address of this system may be going away with the local ones.
        foreach (var watcher in _watchedBy.Cast<IInternalActorRef>().OrderBy(w => w.IsLocal))
        {
            if (!watcher.Equals(Parent))
            {
                watcher.SendSystemMessage(new DeathWatchNotification(Self, ExistenceConfirmed: true, AddressTerminated: false));
            }
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

    /// <summary>A remote system is gone, and with it everything watched or watching there.</summary>
    private void AddressTerminated(Address address)
    {
        _watchedBy.RemoveWhere(w => w.Path.Address == address);
        foreach (var watched in _watching.Keys.Where(w => w.Path.Address == address).ToArray())
        {
            Self.SendSystemMessage(new DeathWatchNotification(watched, ExistenceConfirmed: false, AddressTerminated: true));
        }
    }
}

/// <summary>Published when a remote system is given up.</summary>
internal sealed class AddressTerminated(Address address) : IAutoReceivedMessage, IPossiblyHarmful, Event.IDeadLetterSuppression
{
    public Address Address { get; } = address;
}
