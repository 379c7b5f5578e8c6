using Akka.Actor;
using Akka.Dispatch.SysMsg;
using Akka.Remote.Transport;

namespace Akka.Remote;

/// <summary>An actor of another system.</summary>
internal sealed class RemoteActorRef(Remoting remoting, ActorPath path) : ActorRefBase, IInternalActorRef
{
    private byte[]? _pathUtf8;
    public override ActorPath Path => path;
    public IActorRefProvider Provider => remoting.Provider;
    public bool IsLocal => false;
    internal byte[] PathUtf8 => _pathUtf8 ??= MessageEncoder.Utf8(Path);
    public void Stop() => SendSystemMessage(new Terminate());

    public void SendSystemMessage(ISystemMessage message)
    {
        switch (message)
        {
            case Watch watch:
                remoting.Watches.Add(watch.Watchee, watch.Watcher);
                break;
            case Unwatch unwatch:
                remoting.Watches.Remove(unwatch.Watchee, unwatch.Watcher);
                break;
        }

        remoting.Send(message, this);
    }

    protected override void TellInternal(object message, IActorRef sender) => remoting.Send(message, sender, this);
}
