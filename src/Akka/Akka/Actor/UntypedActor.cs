namespace Akka.Actor;

public abstract class UntypedActor : ActorBase
{
    protected static new IUntypedActorContext Context => (IUntypedActorContext)ActorBase.Context;

    protected sealed override bool Receive(object message)
    {
        OnReceive(message);
        return true;
    }

    protected abstract void OnReceive(object message);
    protected void Become(UntypedReceive receive) => Context.Become(receive);
    protected void BecomeStacked(UntypedReceive receive) => Context.BecomeStacked(receive);

    /// <summary>Runs a task within the actor: no further message is handled until it is done, and what follows an await runs as the actor.</summary>
    protected void RunTask(Func<Task> action) => ActorCell.RunTask(action);
}
