using Akka.Dispatch;
using Akka.Dispatch.SysMsg;

namespace Akka.Actor;

/// <summary>An actor of this system. The reference lives on when its actor has stopped; what it is sent is a dead letter then.</summary>
internal class LocalActorRef : ActorRefBase, IInternalActorRef
{
    private readonly ActorSystemImpl _system;

    public LocalActorRef(ActorSystemImpl system, Props props, MessageDispatcher dispatcher, IInternalActorRef supervisor, ActorPath path)
    {
        _system = system;
        Path = path;
        Cell = new ActorCell(system, this, props, dispatcher, supervisor);
    }

    public override ActorPath Path { get; }
    public ActorCell Cell { get; }
    public IActorRefProvider Provider => _system.Provider;
    public IInternalActorRef Parent => Cell.Parent;
    public IEnumerable<IInternalActorRef> Children => Cell.GetChildren();
    public bool IsTerminated => Cell.IsTerminated;
    public void Start() => Cell.Start();
    public void Stop() => SendSystemMessage(new Terminate());
    public void Suspend() => SendSystemMessage(new Suspend());
    public void Resume(Exception? causedByFailure = null) => SendSystemMessage(new Resume(causedByFailure));
    public void Restart(Exception cause) => SendSystemMessage(new Recreate(cause));
    public void SendSystemMessage(ISystemMessage message) => Cell.SendSystemMessage(message);
    public virtual IInternalActorRef GetSingleChild(string name) => Cell.GetSingleChild(name);

    protected override void TellInternal(object message, IActorRef sender) => Cell.SendMessage(new Envelope(message, sender));
}
