namespace Akka.Actor;

/// <summary>The parent of all: stops when the system guardian has.</summary>
internal sealed class RootGuardianActor : UntypedActor
{
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case WatchSystem watch:
                Context.Watch(watch.Guardian);
                break;
            case Terminated:
                Context.Stop(Self);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    protected override SupervisorStrategy SupervisorStrategy() => Akka.Actor.SupervisorStrategy.StoppingStrategy;

    internal sealed record WatchSystem(IActorRef Guardian);
}

/// <summary>The parent of the application's actors.</summary>
internal sealed class GuardianActor : UntypedActor
{
    protected override void PreRestart(Exception reason, object message)
    {
        // Its children are the application; they are restarted with it, not stopped.
    }

    protected override void OnReceive(object message) => Unhandled(message);
}

/// <summary>The parent of the actors that serve the application: it outlives the application.</summary>
internal sealed class SystemGuardianActor(IActorRef guardian) : UntypedActor
{
    protected override void PreStart() => Context.Watch(guardian);
    protected override void PreRestart(Exception reason, object message) { }

    protected override void OnReceive(object message)
    {
        if (message is Terminated)
        {
            Context.System.EventStream.StopDefaultLoggers(Context.System.Settings);
            Context.Stop(Self);
        }
        else
        {
            Unhandled(message);
        }
    }
}
