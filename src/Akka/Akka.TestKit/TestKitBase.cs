using System.Diagnostics;
using System.Linq.Expressions;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.TestKit.Configs;
using Akka.TestKit.Internal;

namespace Akka.TestKit;

/// <summary>
/// An actor system, and a test actor whose received messages the test can wait for and check. A test class derives from the binding to its
/// test framework; a <see cref="TestProbe"/> is one more test actor with checks of its own. For one thread at a time.
/// </summary>
public abstract partial class TestKitBase : IActorRefFactory
{
    private static long _testActorCount;
    private readonly MessageQueue _queue = new();
    private TimeSpan? _end;
    private bool _lastWasNoMessage;
    private Envelope? _last;

    protected TestKitBase(ITestKitAssertions assertions, Config config, string? actorSystemName = null, string? testActorName = null)
        : this(assertions, ActorSystem.Create(actorSystemName ?? "test", config.WithFallback(DefaultConfig)), testActorName) { }

    protected TestKitBase(ITestKitAssertions assertions, ActorSystem? system = null, string? testActorName = null)
    {
        Assertions = assertions;
        Sys = system ?? ActorSystem.Create("test", DefaultConfig);
        if (!Sys.Settings.Config.HasPath("akka.test.test-actor.dispatcher"))
        {
            // A system that the test brought may not have been created with the test kit's own keys.
            Sys.Settings.InjectTopLevelFallback(DefaultConfig);
        }

        TestKitSettings = new TestKitSettings(Sys.Settings.Config);
        Log = Logging.GetLogger(Sys, GetType());
        EventFilter = CreateEventFilter(Sys);
        TestActor = ((ExtendedActorSystem)Sys).SystemActorOf(
            Props.Create(() => new InternalTestActor(_queue)).WithDispatcher("akka.test.test-actor.dispatcher"),
            testActorName ?? $"testActor{Interlocked.Increment(ref _testActorCount)}");
        if (this is not INoImplicitSender)
        {
            ImplicitSenderContext.Install(TestActor);
        }
    }

    public static Config DefaultConfig => TestConfigs.DefaultConfig;

    /// <summary>The time since some fixed moment; never goes back.</summary>
    public static TimeSpan Now => Stopwatch.GetElapsedTime(0);
    public ActorSystem Sys { get; }
    public TestKitSettings TestKitSettings { get; }
    public IActorRef TestActor { get; }
    public ILoggingAdapter Log { get; }
    public EventFilterFactory EventFilter { get; }
    public object? LastMessage => _last?.Message;
    public IActorRef LastSender => _last?.Sender ?? throw new InvalidOperationException("There is no last message");
    public bool HasMessages => !_queue.IsEmpty;

    /// <summary>What is left of the enclosing <see cref="Within(TimeSpan, Action, TimeSpan?, CancellationToken)"/>.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public TimeSpan Remaining => _end is { } end
        ? end - Now
        : throw new InvalidOperationException("Remaining may not be called outside of \"within\"");

    /// <summary>What is left of the enclosing block, or else <c>akka.test.single-expect-default</c>.</summary>
    public TimeSpan RemainingOrDefault => RemainingOr(Dilated(TestKitSettings.SingleExpectDefault));
    internal ITestKitAssertions Assertions { get; }
    public TimeSpan Dilated(TimeSpan duration) => duration * TestKitSettings.TestTimeFactor;

    public TimeSpan RemainingOrDilated(TimeSpan? duration)
    {
        if (duration is not { } given)
        {
            return RemainingOrDefault;
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(given, TimeSpan.Zero, nameof(duration));
        return Dilated(given);
    }

    protected TimeSpan RemainingOr(TimeSpan duration) => _end is { } end ? Shorter(end - Now, TimeSpan.MaxValue) : duration;
    public EventFilterFactory CreateEventFilter(ActorSystem system) => new(this, system);
    public virtual TestProbe CreateTestProbe(string? name = null) => CreateTestProbe(Sys, name);
    public virtual TestProbe CreateTestProbe(ActorSystem system, string? name = null) => new(system, Assertions, name);
    public void IgnoreMessages(Func<object, bool> shouldIgnoreMessage) => TestActor.Tell(new SetIgnore(shouldIgnoreMessage), ActorRefs.NoSender);
    public void IgnoreMessages<TMsg>() => IgnoreMessages(m => m is TMsg);
    public void IgnoreNoMessages() => TestActor.Tell(new SetIgnore(null), ActorRefs.NoSender);

    /// <summary>Has the test actor watch an actor; its <see cref="Terminated"/> comes as a message.</summary>
    public IActorRef Watch(IActorRef actorToWatch)
    {
        TestActor.Tell(new WatchCommand(actorToWatch), ActorRefs.NoSender);
        return actorToWatch;
    }

    public IActorRef Unwatch(IActorRef actorToUnwatch)
    {
        TestActor.Tell(new UnwatchCommand(actorToUnwatch), ActorRefs.NoSender);
        return actorToUnwatch;
    }

    public IActorRef ActorOf(Props props) => Sys.ActorOf(props);
    public IActorRef ActorOf(Props props, string? name) => Sys.ActorOf(props, name);
    public IActorRef ActorOf<TActor>() where TActor : ActorBase, new() => Sys.ActorOf(Props.Create<TActor>());
    public IActorRef ActorOf<TActor>(string name) where TActor : ActorBase, new() => Sys.ActorOf(Props.Create<TActor>(), name);
    public IActorRef ActorOf<TActor>(Expression<Func<TActor>> factory) where TActor : ActorBase => Sys.ActorOf(Props.Create(factory));
    public IActorRef ActorOf<TActor>(Expression<Func<TActor>> factory, string name) where TActor : ActorBase => Sys.ActorOf(Props.Create(factory), name);
    public ActorSelection ActorSelection(ActorPath actorPath) => Sys.ActorSelection(actorPath);
    public ActorSelection ActorSelection(string actorPath) => Sys.ActorSelection(actorPath);

    public TestActorRef<TActor> ActorOfAsTestActorRef<TActor>(Props props, IActorRef supervisor, string? name = null) where TActor : ActorBase =>
        new(Sys, props, supervisor, name);

    public TestActorRef<TActor> ActorOfAsTestActorRef<TActor>(Props props, string? name = null) where TActor : ActorBase => new(Sys, props, null, name);

    public TestActorRef<TActor> ActorOfAsTestActorRef<TActor>(Expression<Func<TActor>> factory, string? name = null) where TActor : ActorBase =>
        new(Sys, Props.Create(factory), null, name);

    public TestActorRef<TActor> ActorOfAsTestActorRef<TActor>(string? name = null) where TActor : ActorBase, new() =>
        new(Sys, Props.Create<TActor>(), null, name);

    /// <summary>Terminates the system and waits until it has ended.</summary>
    public virtual void Shutdown(TimeSpan? duration = null, bool verifySystemShutdown = false)
    {
        ImplicitSenderContext.Uninstall();
        Shutdown(Sys, duration, verifySystemShutdown);
    }

    protected virtual void Shutdown(ActorSystem system, TimeSpan? duration = null, bool verifySystemShutdown = false)
    {
        var limit = duration ?? Dilated(TimeSpan.FromSeconds(5));
        if (system.Terminate().Wait(limit))
        {
            return;
        }

        var message = $"The actor system {system.Name} did not terminate within {limit}";
        if (verifySystemShutdown)
        {
            throw new TimeoutException(message);
        }

        system.Log.Warning(message);
    }
}
