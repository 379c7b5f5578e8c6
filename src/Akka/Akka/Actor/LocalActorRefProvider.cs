using Akka.Dispatch;
using Akka.Dispatch.SysMsg;
using Akka.Event;

namespace Akka.Actor;

/// <summary>The tree of one process: <c>/user</c> for the application, <c>/system</c> for what serves it, and places without actors.</summary>
internal sealed class LocalActorRefProvider : IActorRefProvider
{
    private readonly ActorPath _tempPath;
    private readonly VirtualPathContainer _tempContainer;
    private long _tempNumber;
    private LocalActorRef? _rootGuardian;
    private LocalActorRef? _guardian;
    private LocalActorRef? _systemGuardian;

    public LocalActorRefProvider(string systemName, Settings settings, EventStream eventStream)
        : this(systemName, settings, owner: null) => ArgumentNullException.ThrowIfNull(eventStream);

    /// <param name="systemName">The name in the address.</param>
    /// <param name="settings">Those of the system.</param>
    /// <param name="owner">The provider in front of this one, which its references are to name as theirs.</param>
    public LocalActorRefProvider(string systemName, Settings settings, IActorRefProvider? owner)
    {
        Settings = settings;
        RootPath = new RootActorPath(new Address("akka", systemName));
        DeadLetters = new EmptyLocalActorRef(owner ?? this, RootPath / "deadLetters");
        _tempPath = RootPath / "temp";
        _tempContainer = new VirtualPathContainer(owner ?? this, _tempPath);
    }

    public IActorRef DeadLetters { get; }
    public ActorPath RootPath { get; }
    public Settings Settings { get; }
    public Address DefaultAddress => RootPath.Address;
    public LocalActorRef RootGuardian => _rootGuardian!;
    public LocalActorRef Guardian => _guardian!;
    public LocalActorRef SystemGuardian => _systemGuardian!;

    public void Init(ActorSystemImpl system)
    {
        var dispatcher = system.Dispatchers.DefaultGlobalDispatcher;
        var top = new BubbleWalker(this, system);
        _rootGuardian = new RootActorRef(this, system, Props.Create<RootGuardianActor>(), dispatcher, top, RootPath);
        _rootGuardian.Start();
        _guardian = (LocalActorRef)_rootGuardian.Cell.ActorOf(Props.Create<GuardianActor>(), "user");
        _systemGuardian = (LocalActorRef)_rootGuardian.Cell.ActorOf(Props.Create<SystemGuardianActor>(_guardian), "system");
        _rootGuardian.Tell(new RootGuardianActor.WatchSystem(_systemGuardian), ActorRefs.NoSender);
    }

    public IInternalActorRef ActorOf(ActorSystemImpl system, Props props, IInternalActorRef supervisor, ActorPath path) =>
        new LocalActorRef(system, props, system.Dispatchers.Lookup(props.Dispatcher), supervisor, path);

    public IActorRef RootGuardianAt(Address address) => address == RootPath.Address ? RootGuardian : DeadLetters;

    public IActorRef ResolveActorRef(string path) =>
        ActorPath.TryParse(path, out var parsed) && parsed.Address == RootPath.Address ? ResolveActorRef(parsed) : DeadLetters;

    public IActorRef ResolveActorRef(ActorPath actorPath)
    {
        IInternalActorRef found = RootGuardian;
        foreach (var name in actorPath.Elements)
        {
            found = found.GetSingleChild(name);
        }

        // A path with a uid means that very incarnation.
        var same = !found.IsNobody() && (actorPath.Uid == ActorPath.UndefinedUid || actorPath.Uid == found.Path.Uid);
        return same ? found : new EmptyLocalActorRef(RootGuardian.Provider, actorPath);
    }

    public ActorPath TempPath() => _tempPath / ("$" + ActorCell.Base64(Interlocked.Increment(ref _tempNumber)));
    public void RegisterTempActor(IInternalActorRef actorRef, ActorPath path) => _tempContainer.AddChild(path.Name, actorRef);
    public void UnregisterTempActor(ActorPath path) => _tempContainer.RemoveChild(path.Name);

    /// <summary>The root, which also knows the places that are no actors.</summary>
    private sealed class RootActorRef(
        LocalActorRefProvider provider, ActorSystemImpl system, Props props, MessageDispatcher dispatcher, IInternalActorRef supervisor, ActorPath path)
        : LocalActorRef(system, props, dispatcher, supervisor, path)
    {
        public override IInternalActorRef GetSingleChild(string name) => name switch
        {
            "temp" => provider._tempContainer,
            "deadLetters" => (IInternalActorRef)provider.DeadLetters,
            _ => base.GetSingleChild(name),
        };
    }

    /// <summary>The parent of the root, which is no actor: it learns of the end of all.</summary>
    private sealed class BubbleWalker(LocalActorRefProvider provider, ActorSystemImpl system)
        : MinimalActorRef(provider, provider.RootPath / "_Root-Guardian-Supervisor")
    {
        public override void SendSystemMessage(ISystemMessage message)
        {
            switch (message)
            {
                case Failed failed:
                    system.Log.Error(failed.Cause, "A guardian failed: the system ends");
                    ((IInternalActorRef)failed.Child).Stop();
                    break;
                case DeathWatchNotification:
                    system.End();
                    break;
            }
        }
    }
}
