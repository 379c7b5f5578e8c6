namespace Akka.Actor;

/// <summary>An actor: its state is touched by one message at a time.</summary>
public abstract class ActorBase
{
    private IActorRef? _selfAfterClearing;

    protected ActorBase()
    {
        if (ActorCell.Current is not { IsCreating: true })
        {
            throw new ActorInitializationException(
                $"Do not create [{GetType().Name}] with 'new'; give its Props to ActorOf of a context or of the system");
        }
    }

    protected static IActorContext Context => ActorCell.Current
        ?? throw new NotSupportedException("There is no active ActorContext: this code does not run within an actor, for example after an await that left it");

    protected IActorRef Self => _selfAfterClearing ?? Context.Self;
    protected IActorRef Sender => Context.Sender;
    public virtual void AroundPreStart() => PreStart();
    public virtual void AroundPostStop() => PostStop();
    public virtual void AroundPreRestart(Exception cause, object message) => PreRestart(cause, message);
    public virtual void AroundPostRestart(Exception cause, object message) => PostRestart(cause);
    internal void InvokeReceive(Receive receive, object message) => AroundReceive(receive, message);
    internal bool InvokeBase(object message) => Receive(message);
    internal SupervisorStrategy? CreateStrategy() => SupervisorStrategy();

    /// <summary>Afterwards the instance is unusable; it keeps its reference, for what still holds it.</summary>
    internal void Clear(IActorRef self) => _selfAfterClearing = self;

    protected virtual bool AroundReceive(Receive receive, object message)
    {
        var handled = receive(message);
        if (!handled)
        {
            Unhandled(message);
        }

        return handled;
    }

    protected abstract bool Receive(object message);
    protected virtual void PreStart() { }
    protected virtual void PostStop() { }

    /// <summary>Stops the children and then the old instance, unless overridden.</summary>
    protected virtual void PreRestart(Exception reason, object message)
    {
        foreach (var child in Context.GetChildren().ToArray())
        {
            Context.Unwatch(child);
            Context.Stop(child);
        }

        PostStop();
    }

    protected virtual void PostRestart(Exception reason) => PreStart();
    protected virtual SupervisorStrategy? SupervisorStrategy() => null;

    protected virtual void Unhandled(object message)
    {
        if (message is Terminated terminated)
        {
            throw new DeathPactException(terminated.ActorRef);
        }

        Context.System.EventStream.Publish(new Event.UnhandledMessage(message, Sender, Self));
    }

    protected void Become(Receive receive) => Context.Become(receive);
    protected void BecomeStacked(Receive receive) => Context.BecomeStacked(receive);
    protected void UnbecomeStacked() => Context.UnbecomeStacked();
    protected void SetReceiveTimeout(TimeSpan? timeout) => Context.SetReceiveTimeout(timeout);
}
