namespace Akka.Actor;

/// <summary>The parent of all: stops when the system guardian has.</summary>
internal sealed class RootGuardianActor : ActorBase
{
    protected override bool Receive(object message)
    {
        switch (message)
        {
            case WatchSystem watch:
                Context.Watch(watch.Guardian);
                return true;
            case Terminated:
                Context.Stop(Self);
                return true;
            default:
                return false;
        }
    }

    internal sealed record WatchSystem(IActorRef Guardian);
}

/// <summary>The parent of the application's actors.</summary>
internal sealed class GuardianActor : ActorBase
{
    protected override void PreRestart(Exception reason, object message)
    {
        // Its children are the application; they are restarted with it, not stopped.
    }

    protected override bool Receive(object message) => false;
}

/// <summary>
/// The parent of the actors that serve the application. It outlives the application, then waits for those that asked to finish
/// something first, such as remoting.
/// </summary>
internal sealed class SystemGuardianActor(IActorRef guardian) : ActorBase
{
    private readonly HashSet<IActorRef> _hooks = [];
    protected override void PreStart() => Context.Watch(guardian);
    protected override void PreRestart(Exception reason, object message) { }

    protected override bool Receive(object message)
    {
        switch (message)
        {
            case Terminated terminated when terminated.ActorRef.Equals(guardian):
                foreach (var hook in _hooks)
                {
                    hook.Tell(TerminationHook.Instance);
                }

                StopWhenAllDone();
                return true;
            case Terminated terminated:
                _hooks.Remove(terminated.ActorRef);
                StopIfEnding();
                return true;
            case RegisterTerminationHook:
                _hooks.Add(Sender);
                Context.Watch(Sender);
                return true;
            case TerminationHookDone:
                _hooks.Remove(Sender);
                StopIfEnding();
                return true;
            default:
                return false;
        }
    }

    private void StopIfEnding()
    {
        if (((ActorSystemImpl)Context.System).Provider.Guardian.IsTerminated)
        {
            StopWhenAllDone();
        }
    }

    private void StopWhenAllDone()
    {
        if (_hooks.Count == 0)
        {
            var system = (ActorSystemImpl)Context.System;
            system.EventStream.StopDefaultLoggers(system.Settings);
            Context.Stop(Self);
        }
    }
}

internal sealed record RegisterTerminationHook
{
    public static readonly RegisterTerminationHook Instance = new();
}

internal sealed record TerminationHook
{
    public static readonly TerminationHook Instance = new();
}

internal sealed record TerminationHookDone
{
    public static readonly TerminationHookDone Instance = new();
}
