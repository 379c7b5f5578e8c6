using System.Collections.Concurrent;
using Akka.Actor.Setup;
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
    private readonly ILoggingAdapter _log;
    private int _loggers;
    private bool _terminating;
    private bool _ended;

    public ActorSystemImpl(string name, Config config, ActorSystemSetup setup)
    {
        if (name.Length == 0 || name[0] is '-' or '_' || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
        {
            throw new ArgumentException($"[{name}] is not the name of a system: ASCII letters and digits, and between them - and _, make one", nameof(name));
        }

        Name = name;
        Settings = new Settings(this, config, setup);
        EventStream = new EventStream(debug: false);
        EventStream.StartStdoutLogger(Settings);
        _log = Logging.GetLogger(EventStream, $"ActorSystem({name})");
        Scheduler = TypeNames.Create<IScheduler>(
            TypeNames.Load(Settings.SchedulerClass, "akka.scheduler.implementation"), Settings.Config.GetConfig("akka.scheduler") ?? Config.Empty, _log);
        Provider = TypeNames.Create<IActorRefProvider>(TypeNames.Load(Settings.ProviderClass, "akka.actor.provider"), name, Settings, EventStream);
        Dispatchers = new Dispatchers(Settings, new DefaultDispatcherPrerequisites(EventStream, Scheduler, Settings));
    }

    public override string Name { get; }
    public override Settings Settings { get; }
    public override EventStream EventStream { get; }
    public override IScheduler Scheduler { get; }
    public override IActorRefProvider Provider { get; }
    public override Dispatchers Dispatchers { get; }
    public override Serialization.Serialization Serialization => _serialization!;
    public override IActorRef DeadLetters => Provider.DeadLetters;
    public override IActorRef IgnoreRef => Provider.IgnoreRef;
    public override ILoggingAdapter Log => _log;
    public override Task WhenTerminated => _terminated.Task;
    public bool IsTerminating => Volatile.Read(ref _terminating);
    internal override IInternalActorRef Guardian => Provider.Guardian;
    internal override IInternalActorRef SystemGuardian => Provider.SystemGuardian;
    internal override IInternalActorRef LookupRoot => Provider.RootGuardian;
    private Serialization.Serialization? _serialization;

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

    public int NextLoggerNumber() => Interlocked.Increment(ref _loggers);
    public override IActorRef ActorOf(Props props, string? name = null) => Provider.Guardian.Cell.AttachChild(props, name, isSystemService: false);
    public override IActorRef SystemActorOf(Props props, string? name = null) => Provider.SystemGuardian.Cell.AttachChild(props, name, isSystemService: true);
    public override ActorSelection ActorSelection(string actorPath) => SystemSelection.Parse(actorPath, this, Provider.RootGuardian);
    public override ActorSelection ActorSelection(ActorPath actorPath) => SystemSelection.Of(actorPath, this);

    public override void Stop(IActorRef actor)
    {
        // The guardian must know that it is stopping this child, as with any other parent.
        var parent = ((IInternalActorRef)actor).Parent;
        if (parent.Equals(Provider.Guardian) || parent.Equals(Provider.SystemGuardian))
        {
            ((LocalActorRef)parent).Cell.Stop(actor);
        }
        else
        {
            ((IInternalActorRef)actor).Stop();
        }
    }

    public override async Task Terminate()
    {
        if (Settings.CoordinatedShutdownRunByActorSystemTerminate)
        {
            await CoordinatedShutdown.Get(this).Run(CoordinatedShutdown.ActorSystemTerminateReason.Instance).ConfigureAwait(false);
            if (Settings.CoordinatedShutdownTerminateActorSystem)
            {
                await WhenTerminated.ConfigureAwait(false);
                return;
            }
        }

        await FinalTerminate().ConfigureAwait(false);
    }

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

    public override object? GetExtension(IExtensionId extensionId) => Find(extensionId.ExtensionType);
    public override T? GetExtension<T>() where T : class => (T?)Find(typeof(T));
    public override bool HasExtension(Type type) => _extensions.ContainsKey(type);
    public override bool HasExtension<T>() => HasExtension(typeof(T));
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
                _log.Error(e, "A termination callback failed");
            }
        }

        (Scheduler as IDisposable)?.Dispose();
        Dispatchers.Shutdown();
        _terminated.TrySetResult();
    }

    private object? Find(Type type) => _extensions.TryGetValue(type, out var extension) ? extension.Value : null;
}
