using System.Collections.Concurrent;
using System.Threading.Channels;
using Akka.Actor;
using Xunit;

namespace Akka.Tests;

/// <summary>An actor that lets a test see what it is sent, and act in its name.</summary>
internal sealed class Probe
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly Channel<(object Message, IActorRef Sender)> _channel = Channel.CreateUnbounded<(object, IActorRef)>();

    public Probe(ActorSystem system) => Ref = system.ActorOf(Props.Create(() => new Recorder(_channel.Writer)));

    public IActorRef Ref { get; }

    public async Task<object> Next()
    {
        using var limit = new CancellationTokenSource(Patience);
        return (await _channel.Reader.ReadAsync(limit.Token)).Message;
    }

    public async Task<T> Next<T>() => Assert.IsAssignableFrom<T>(await Next());

    /// <summary>Skips what comes before.</summary>
    public async Task<T> Until<T>()
    {
        while (true)
        {
            if (await Next() is T found)
            {
                return found;
            }
        }
    }

    public void Watch(IActorRef subject) => Ref.Tell(new Do(c => c.Watch(subject)));

    public void Act(Action<IActorContext> action) => Ref.Tell(new Do(action));

    /// <summary>Everything sent to the probe so far by whoever asks has been recorded.</summary>
    public bool IsEmpty => _channel.Reader.Count == 0;

    /// <summary>Waits until the condition holds, which some event is about to make true.</summary>
    public static async Task Eventually(Func<bool> condition)
    {
        var deadline = DateTime.UtcNow + Patience;
        while (!condition())
        {
            Assert.True(DateTime.UtcNow < deadline, "The condition did not become true in time");
            await Task.Yield();
        }
    }

    internal sealed record Do(Action<IActorContext> Action);

    private sealed class Recorder(ChannelWriter<(object, IActorRef)> writer) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            if (message is Do act)
            {
                act.Action(Context);
            }
            else
            {
                writer.TryWrite((message, Sender));
            }
        }
    }
}

/// <summary>An actor written in the test: handlers and hooks as delegates. The argument of each is the actor itself.</summary>
internal sealed class Scripted(Script script) : UntypedActor, IWithUnboundedStash, IWithTimers
{
    public IStash Stash { get; set; } = null!;

    public ITimerScheduler Timers { get; set; } = null!;

    public IActorContext Cell => Context;

    public IActorRef From => Sender;

    public IActorRef Me => Self;

    public void Await(Func<Task> work) => RunTask(work);

    public void Switch(Action<object> behavior) => Become(message => behavior(message));

    public void Push(Action<object> behavior) => BecomeStacked(message => behavior(message));

    public void Pop() => UnbecomeStacked();

    protected override void OnReceive(object message) => script.OnReceive(this, message);

    protected override void PreStart() => script.Started(this);

    protected override void PostStop() => script.Stopped(this);

    protected override void PreRestart(Exception reason, object message)
    {
        script.Restarting(this, reason, message);
        if (script.StopsChildrenOnRestart)
        {
            base.PreRestart(reason, message);
        }
    }

    protected override void PostRestart(Exception reason)
    {
        script.Restarted(this, reason);
        base.PostRestart(reason);
    }

    protected override SupervisorStrategy SupervisorStrategy() => script.Strategy ?? base.SupervisorStrategy()!;
}

internal sealed class Script
{
    public Action<Scripted, object> OnReceive { get; init; } = (_, _) => { };

    public Action<Scripted> Started { get; init; } = _ => { };

    public Action<Scripted> Stopped { get; init; } = _ => { };

    public Action<Scripted, Exception, object> Restarting { get; init; } = (_, _, _) => { };

    public Action<Scripted, Exception> Restarted { get; init; } = (_, _) => { };

    public SupervisorStrategy? Strategy { get; init; }

    public bool StopsChildrenOnRestart { get; init; } = true;

    public Props Props => Props.Create(() => new Scripted(this));
}

/// <summary>A system per test, stopped at its end.</summary>
public abstract class SystemTest : IAsyncLifetime
{
    protected const string Quiet = "akka { loglevel = OFF, stdout-loglevel = OFF, loggers = [], log-dead-letters = off }";
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly ConcurrentBag<ActorSystem> _systems = [];

    protected SystemTest() => Sys = NewSystem("");

    protected ActorSystem Sys { get; }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var system in _systems)
        {
            await system.Terminate().WaitAsync(Patience);
        }
    }

    protected ActorSystem NewSystem(string config)
    {
        var system = ActorSystem.Create("test", config + "\n" + Quiet);
        _systems.Add(system);
        return system;
    }

    private protected Probe NewProbe() => new(Sys);

    private protected IActorRef Spawn(Action<Scripted, object> onReceive, string? name = null) =>
        Sys.ActorOf(new Script { OnReceive = onReceive }.Props, name);
}
