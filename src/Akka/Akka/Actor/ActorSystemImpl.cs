using System.Collections.Concurrent;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;
using Akka.Util;

namespace Akka.Actor;

internal sealed class ActorSystemImpl : ExtendedActorSystem
{
    private readonly ConcurrentDictionary<Type, Lazy<object>> _extensions = new();
    private readonly TaskCompletionSource _terminated = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Stack<Action> _onTermination = new();
    private bool _terminating;
    private bool _ended;
    private Serialization.Serialization? _serialization;

    public ActorSystemImpl(string name, Config config)
    {
        if (name.Length == 0 || name[0] is '-' or '_' || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
        {
            throw new ArgumentException($"[{name}] is not the name of a system: ASCII letters and digits, and between them - and _, make one", nameof(name));
        }

        Name = name;
        Settings = new Settings(this, config);
        EventStream = new EventStream(debug: false);
        EventStream.StartStdoutLogger(Settings);
        Log = Logging.GetLogger(EventStream, $"ActorSystem({name})");
        Scheduler = TypeNames.Create<IScheduler>(
            TypeNames.Load(Settings.SchedulerClass, "akka.scheduler.implementation"), Settings.Config.GetConfig("akka.scheduler")!, Log);
        Provider = TypeNames.Create<IActorRefProvider>(TypeNames.Load(Settings.ProviderClass, "akka.actor.provider"), name, Settings, EventStream);
        Dispatchers = new Dispatchers(new DispatcherPrerequisites(EventStream, Scheduler, Settings));
    }

    public override string Name { get; }
    public override Settings Settings { get; }
    public override EventStream EventStream { get; }
    public override IScheduler Scheduler { get; }
    public override IActorRefProvider Provider { get; }
    public override Dispatchers Dispatchers { get; }
    public override Serialization.Serialization Serialization => _serialization!;
    public override IActorRef DeadLetters => Provider.DeadLetters;
    public override ILoggingAdapter Log { get; }
    public override Task WhenTerminated => _terminated.Task;
    public bool IsTerminating => Volatile.Read(ref _terminating);

    public void Start()
    {
        try
        {
            _serialization = new Serialization.Serialization(this);
            Provider.Init(this);
            EventStream.StartDefaultLoggers(this);
            SystemActorOf(Props.Create<DeadLetterListener>(), "deadLetterListener");
            CoordinatedShutdown.Get(this);
        }
        catch
        {
            End();
            throw;
        }
    }

    public override IActorRef ActorOf(Props props, string? name = null) => Provider.Guardian.Cell.ActorOf(props, name);
    public override IActorRef SystemActorOf(Props props, string? name = null) => Provider.SystemGuardian.Cell.ActorOf(props, name);
    public override ActorSelection ActorSelection(string actorPath) => Actor.ActorSelection.Parse(actorPath, Provider, Provider.RootGuardian);
    public override ActorSelection ActorSelection(ActorPath actorPath) => Actor.ActorSelection.Of(actorPath, Provider);

    public override void Stop(IActorRef actor)
    {
        // The parent must know that this child is stopping.
        var target = (IInternalActorRef)actor;
        if (target.Parent is LocalActorRef parent)
        {
            parent.Cell.Stop(actor);
        }
        else
        {
            target.Stop();
        }
    }

    public override Task Terminate() => CoordinatedShutdown.Get(this).Run(CoordinatedShutdown.ActorSystemTerminateReason.Instance);

    public Task FinalTerminate()
    {
        Volatile.Write(ref _terminating, true);
        Provider.Guardian.Stop();
        return WhenTerminated;
    }

    public override void RegisterOnTermination(Action code)
    {
        lock (_onTermination)
        {
            if (_ended)
            {
                throw new InvalidOperationException("The system has terminated already");
            }

            _onTermination.Push(code);
        }
    }

    public override object RegisterExtension(IExtensionId extension) =>
        _extensions.GetOrAdd(extension.ExtensionType, _ => new Lazy<object>(() => extension.CreateExtension(this))).Value;

    public override T? GetExtension<T>() where T : class => _extensions.TryGetValue(typeof(T), out var extension) ? (T)extension.Value : null;
    public override bool HasExtension<T>() => _extensions.ContainsKey(typeof(T));
    public override string ToString() => Provider.RootPath.Address.ToString();

    /// <summary>Called when the last actor has stopped.</summary>
    internal void End()
    {
        Action[] callbacks;
        lock (_onTermination)
        {
            _ended = true;
            callbacks = [.. _onTermination];
            _onTermination.Clear();
        }

        foreach (var callback in callbacks)
        {
            try
            {
                callback();
            }
            catch (Exception e)
            {
                Log.Error(e, "A termination callback failed");
            }
        }

        (Scheduler as IDisposable)?.Dispose();
        Dispatchers.Shutdown();
        _terminated.TrySetResult();
    }
}
