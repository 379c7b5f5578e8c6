using System.Globalization;

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
    public IActorRef ActorOf(Props props, string? name = null) => AttachChild(props, name, isSystemService: false);

    public IInternalActorRef AttachChild(Props props, string? name, bool isSystemService)
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

        return MakeChild(props, name, isSystemService);
    }

    public void Stop(IActorRef child)
    {
        if (child is IInternalActorRef reference)
        {
            lock (_childrenLock)
            {
                if (StatsOf(child) is not null)
                {
                    _dying.Add(child);
                }
            }

            reference.Stop();
        }
    }

    public IActorRef Child(string name) => GetSingleChild(name) is LocalActorRef child ? child : ActorRefs.Nobody;
    public IEnumerable<IActorRef> GetChildren() => GetChildRefs();

    public IInternalActorRef[] GetChildRefs()
    {
        lock (_childrenLock)
        {
            return [.. _children.Values.OfType<ChildRestartStats>().Select(s => s.Child)];
        }
    }

    public IInternalActorRef GetSingleChild(string name)
    {
        var hash = name.IndexOf('#', StringComparison.Ordinal);
        lock (_childrenLock)
        {
            return _children.TryGetValue(hash < 0 ? name : name[..hash], out var stats) && stats is not null
                && (hash < 0 || name[(hash + 1)..] == stats.Child.Path.Uid.ToString(CultureInfo.InvariantCulture))
                ? stats.Child
                : ActorRefs.Nobody;
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

    private IInternalActorRef MakeChild(Props props, string name, bool isSystemService)
    {
        IInternalActorRef child;
        try
        {
            child = _system.Provider.ActorOf(_system, props, Self, new ChildActorPath(Self.Path, name, ActorPath.NewUid()), isSystemService);
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
            return _children.TryGetValue(child.Path.Name, out var stats) && stats is not null && stats.Child.Equals(child) ? stats : null;
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

        if (Actor is not null)
        {
            try
            {
                Strategy.HandleChildTerminated(this, child, GetChildRefs());
            }
            catch (Exception e)
            {
                PublishError(e, "HandleChildTerminated failed");
                HandleInvokeFailure(e);
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
