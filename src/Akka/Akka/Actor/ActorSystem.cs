using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;
using Akka.Util;

namespace Akka.Actor;

/// <summary>A tree of actors, and what they share.</summary>
public abstract class ActorSystem : IActorRefFactory, IDisposable
{
    private readonly TimeSpan _startTime = MonotonicClock.Elapsed;
    public abstract Settings Settings { get; }
    public abstract string Name { get; }
    public abstract Serialization.Serialization Serialization { get; }
    public abstract EventStream EventStream { get; }
    public abstract IActorRef DeadLetters { get; }
    public abstract IActorRef IgnoreRef { get; }
    public abstract Dispatchers Dispatchers { get; }
    public abstract IScheduler Scheduler { get; }
    public abstract ILoggingAdapter Log { get; }

    /// <summary>On the monotonic clock of the process.</summary>
    public TimeSpan StartTime => _startTime;
    public TimeSpan Uptime => MonotonicClock.Elapsed - _startTime;
    public abstract Task WhenTerminated { get; }
    public static ActorSystem Create(string name) => Create(name, ActorSystemSetup.Empty);
    public static ActorSystem Create(string name, Config config) => Create(name, BootstrapSetup.Create().WithConfig(config));
    public static ActorSystem Create(string name, BootstrapSetup setup) => Create(name, ActorSystemSetup.Create(setup));

    public static ActorSystem Create(string name, ActorSystemSetup setup)
    {
        var bootstrap = setup.Get<BootstrapSetup>();
        var config = bootstrap.HasValue && bootstrap.Value.Config.HasValue ? bootstrap.Value.Config.Value : Config.Empty;
        var system = new ActorSystemImpl(name, config, setup);
        system.Start();
        return system;
    }

    public abstract IActorRef ActorOf(Props props, string? name = null);
    public abstract ActorSelection ActorSelection(ActorPath actorPath);
    public abstract ActorSelection ActorSelection(string actorPath);
    public abstract void Stop(IActorRef actor);
    public abstract Task Terminate();
    public abstract void RegisterOnTermination(Action code);
    public abstract object RegisterExtension(IExtensionId extension);
    public abstract object? GetExtension(IExtensionId extensionId);
    public abstract T? GetExtension<T>() where T : class, IExtension;
    public abstract bool HasExtension(Type type);
    public abstract bool HasExtension<T>() where T : class, IExtension;

    /// <summary>Begins to terminate, and waits for the end.</summary>
    public void Dispose()
    {
        Terminate().GetAwaiter().GetResult();
        GC.SuppressFinalize(this);
    }
}

public abstract class ExtendedActorSystem : ActorSystem
{
    public abstract IActorRefProvider Provider { get; }
    public abstract IActorRef SystemActorOf(Props props, string? name = null);
    internal abstract IInternalActorRef Guardian { get; }
    internal abstract IInternalActorRef SystemGuardian { get; }
    internal abstract IInternalActorRef LookupRoot { get; }
}
