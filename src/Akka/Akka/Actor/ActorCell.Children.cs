namespace Akka.Actor;

/// <summary>The children. They are added from any thread for a guardian, hence the lock.</summary>
internal sealed partial class ActorCell
{
    private readonly object _childrenLock = new();
    private readonly Dictionary<string, ChildRestartStats?> _children = new(StringComparer.Ordinal);
    private readonly HashSet<IActorRef> _dying = [];
    private TerminationReason? _terminating;
    private long _nextName;

    /// <summary>Why the children are being stopped: to stop after them, or to begin anew.</summary>
    private enum TerminationReason
    {
        Stop,
        Restart,
        Creation,
    }

    private bool IsTerminating => _terminating == TerminationReason.Stop;
    IActorRef IActorRefFactory.ActorOf(Props props, string? name) => ActorOf(props, name);

    public IInternalActorRef ActorOf(Props props, string? name)
    {
        if (name is null)
        {
            name = "$" + Base64(Interlocked.Increment(ref _nextName) - 1);
        }
        else if (!ActorPath.IsValidPathElement(name))
        {
            throw new InvalidActorNameException($"[{name}] is not a valid actor name: it may consist of ASCII letters, digits, %-escapes"
                + $" and {ActorPath.ValidSymbols}, and must not start with $");
        }

        lock (_childrenLock)
        {
            if (IsTerminating || IsTerminated)
            {
                throw new InvalidOperationException("Cannot create child while terminating or terminated");
            }

            // The name is taken before the actor exists, so that two threads cannot both have it.
            if (!_children.TryAdd(name, null))
            {
                throw new InvalidActorNameException($"Actor name \"{name}\" is not unique!");
            }
        }

        return MakeChild(props, name);
    }

    public void Stop(IActorRef child)
    {
        lock (_childrenLock)
        {
            if (StatsOf(child) is not null)
            {
                _dying.Add(child);
            }
        }

        ((IInternalActorRef)child).Stop();
    }

    public IActorRef Child(string name) => GetSingleChild(name);
    IEnumerable<IActorRef> IActorContext.GetChildren() => GetChildren();
    public IInternalActorRef[] GetChildren() => [.. AllStats().Select(s => s.Child)];

    public IInternalActorRef GetSingleChild(string name)
    {
        lock (_childrenLock)
        {
            return _children.GetValueOrDefault(name)?.Child ?? ActorRefs.Nobody;
        }
    }

    internal static string Base64(long number)
    {
        const string Digits = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+~";
        var text = "";
        do
        {
            text += Digits[(int)(number & 63)];
            number >>= 6;
        }
        while (number != 0);
        return text;
    }

    private IInternalActorRef MakeChild(Props props, string name)
    {
        IInternalActorRef child;
        try
        {
            child = _system.Provider.ActorOf(_system, props, Self, new ChildActorPath(Self.Path, name, ActorPath.NewUid()));
        }
        catch
        {
            lock (_childrenLock)
            {
                _children.Remove(name);
            }

            throw;
        }

        lock (_childrenLock)
        {
            _children[name] = new ChildRestartStats(child);
        }

        child.Start();
        lock (_childrenLock)
        {
            // The parent may have begun to stop meanwhile, without having seen this child.
            if (_terminating is not null && _dying.Add(child))
            {
                child.Stop();
            }
        }

        return child;
    }

    private ChildRestartStats? StatsOf(IActorRef child)
    {
        lock (_childrenLock)
        {
            return _children.GetValueOrDefault(child.Path.Name) is { } stats && stats.Child.Equals(child) ? stats : null;
        }
    }

    private ChildRestartStats[] AllStats()
    {
        lock (_childrenLock)
        {
            return [.. _children.Values.OfType<ChildRestartStats>()];
        }
    }

    /// <summary>Begins to wait for the children that are being stopped; false if there are none, so that the caller goes on at once.</summary>
    private bool WaitForChildren(TerminationReason reason)
    {
        lock (_childrenLock)
        {
            // To stop outranks to restart.
            _terminating = _dying.Count > 0 || reason == TerminationReason.Stop ? reason : null;
            return _dying.Count > 0;
        }
    }

    private void HandleChildTerminated(IActorRef child)
    {
        TerminationReason? finished = null;
        lock (_childrenLock)
        {
            _children.Remove(child.Path.Name);
            if (_dying.Remove(child) && _dying.Count == 0 && _terminating is { } reason)
            {
                finished = reason;
                _terminating = reason == TerminationReason.Stop ? reason : null;
            }
        }

        switch (finished)
        {
            case TerminationReason.Restart:
                FinishRecreate(_recreateCause!, Actor);
                break;
            case TerminationReason.Creation:
                FinishCreate();
                break;
            case TerminationReason.Stop:
                FinishTerminate();
                break;
        }
    }
}
