using Akka.Actor;
using Akka.Dispatch.SysMsg;
using Akka.Remote.Transport;

namespace Akka.Remote;

/// <summary>An actor of another system.</summary>
internal sealed class RemoteActorRef : ActorRefBase, IInternalActorRef
{
    private readonly Remoting _remoting;
    private byte[]? _pathUtf8;

    public RemoteActorRef(Remoting remoting, ActorPath path)
    {
        _remoting = remoting;
        Path = path;
    }

    public override ActorPath Path { get; }

    public IActorRefProvider Provider => _remoting.Provider;

    public bool IsLocal => false;

    public IInternalActorRef Parent => Path.Depth == 0 ? ActorRefs.Nobody : new RemoteActorRef(_remoting, Path.Parent);

    internal byte[] PathUtf8 => _pathUtf8 ??= MessageEncoder.Utf8(Path);

    public IActorRef GetChild(IReadOnlyList<string> name)
    {
        var path = name.Aggregate(Path, (p, n) => n switch
        {
            "" => p,
            ".." => p.Parent,
            _ => p / n,
        });
        return ReferenceEquals(path, Path) ? this : new RemoteActorRef(_remoting, path);
    }

    public IInternalActorRef GetSingleChild(string name) => new RemoteActorRef(_remoting, Path / name);

    public void Stop() => SendSystemMessage(new Terminate());

    public void SendSystemMessage(ISystemMessage message)
    {
        switch (message)
        {
            case Watch watch:
                _remoting.Watches.Add(watch.Watchee, watch.Watcher);
                break;
            case Unwatch unwatch:
                _remoting.Watches.Remove(unwatch.Watchee, unwatch.Watcher);
                break;
        }

        _remoting.Send(message, this);
    }

    protected override void TellInternal(object message, IActorRef sender) => _remoting.Send(message, sender, this);
}
