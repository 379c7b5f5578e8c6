using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Remote.Transport;

namespace Akka.Remote;

/// <summary>The provider of a system that has a network address: what is not at that address is a <see cref="RemoteActorRef"/>.</summary>
internal sealed class RemoteActorRefProvider : IActorRefProvider
{
    private readonly LocalActorRefProvider _local;
    private Remoting? _remoting;

    public RemoteActorRefProvider(string systemName, Settings settings, EventStream eventStream)
    {
        ArgumentNullException.ThrowIfNull(eventStream);
        settings.InjectTopLevelFallback(ConfigurationFactory.FromResource("Akka.Remote.Configuration.Remote.conf", typeof(RemoteActorRefProvider).Assembly));
        _local = new LocalActorRefProvider(systemName, settings, this);
    }

    public IActorRef DeadLetters => _local.DeadLetters;
    public ActorPath RootPath => _local.RootPath;
    public Settings Settings => _local.Settings;
    public Address DefaultAddress => _remoting?.LocalAddress ?? _local.DefaultAddress;
    LocalActorRef IActorRefProvider.RootGuardian => _local.RootGuardian;
    LocalActorRef IActorRefProvider.Guardian => _local.Guardian;
    LocalActorRef IActorRefProvider.SystemGuardian => _local.SystemGuardian;

    void IActorRefProvider.Init(ActorSystemImpl system)
    {
        _remoting = new Remoting(system, this, new TransportSettings(Settings.Config));
        system.RegisterOnTermination(_remoting.Shutdown);
        _local.Init(system);
        _remoting.Start();
    }

    IInternalActorRef IActorRefProvider.ActorOf(ActorSystemImpl system, Props props, IInternalActorRef supervisor, ActorPath path) =>
        _local.ActorOf(system, props, supervisor, path);

    public IActorRef RootGuardianAt(Address address) => ResolveActorRef(new RootActorPath(address));
    public IActorRef ResolveActorRef(string path) => ActorPath.TryParse(path, out var parsed) ? ResolveActorRef(parsed) : DeadLetters;

    public IActorRef ResolveActorRef(ActorPath actorPath)
    {
        if (actorPath.Address == _local.DefaultAddress || actorPath.Address == DefaultAddress)
        {
            return _local.ResolveActorRef(actorPath);
        }

        return actorPath.Address.HasLocalScope ? DeadLetters : new RemoteActorRef(_remoting!, actorPath);
    }

    public ActorPath TempPath() => _local.TempPath();
    void IActorRefProvider.RegisterTempActor(IInternalActorRef actorRef, ActorPath path) => _local.RegisterTempActor(actorRef, path);
    public void UnregisterTempActor(ActorPath path) => _local.UnregisterTempActor(path);
}
