using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Xunit;

namespace Akka.Tests.Actor;

public sealed class SystemTests : SystemTest
{
    [Fact]
    public async Task Terminate_StopsAllAndCompletes()
    {
        var system = NewSystem("");
        var order = new List<string>();
        system.ActorOf(new Script { Stopped = _ => order.Add("actor") }.Props);
        system.RegisterOnTermination(() => order.Add("first callback"));
        system.RegisterOnTermination(() => order.Add("second callback"));
        await system.Terminate().WaitAsync(Patience);
        Assert.True(system.WhenTerminated.IsCompletedSuccessfully);
        Assert.Equal(["actor", "second callback", "first callback"], order);
        Assert.Throws<InvalidOperationException>(() => system.ActorOf(new Script().Props));
    }

    [Fact]
    public async Task CoordinatedShutdown_Tasks_RunInTheOrderOfThePhases()
    {
        var system = NewSystem("");
        var order = new List<string>();
        var shutdown = CoordinatedShutdown.Get(system);
        shutdown.AddTask(CoordinatedShutdown.PhaseActorSystemTerminate, "last", () => Add("last"));
        shutdown.AddTask(CoordinatedShutdown.PhaseServiceUnbind, "fails", () => Task.FromException<Done>(new InvalidOperationException("ouch")));
        shutdown.AddTask(CoordinatedShutdown.PhaseBeforeServiceUnbind, "first", () => Add("first"));
        Assert.Throws<ConfigurationException>(() => shutdown.AddTask("no such phase", "x", () => Add("x")));
        await system.Terminate().WaitAsync(Patience);
        Assert.Equal(["first", "last"], order);
        Assert.NotNull(shutdown.ShutdownReason);

        Task<Done> Add(string name)
        {
            order.Add(name);
            return Task.FromResult(Done.Instance);
        }
    }

    [Fact]
    public void Create_Config_IsThatOfTheSystem()
    {
        using var system = ActorSystem.Create("setup", "a = 1\n" + Quiet);
        Assert.Equal(1, system.Settings.Config.GetInt("a"));
        Assert.Equal("setup", system.Name);
        Assert.Throws<ArgumentException>(() => ActorSystem.Create("no name"));
    }

    [Fact]
    public void Extension_AskedForTwice_IsMadeOnce()
    {
        var first = new CounterExtension().Get(Sys);
        Assert.Same(first, Sys.WithExtension<Counter, CounterExtension>());
        Assert.True(Sys.HasExtension<Counter>());
        Assert.Same(first, Sys.GetExtension<Counter>());
    }

    [Fact]
    public async Task EventStream_Subscription_CoversSubtypes()
    {
        var probe = NewProbe();
        Sys.EventStream.Subscribe(probe.Ref, typeof(AllDeadLetters));
        Sys.DeadLetters.Tell("lost");
        Assert.Equal("lost", (await probe.Next<DeadLetter>()).Message);
        Sys.EventStream.Publish("not subscribed to");
        Assert.True(Sys.EventStream.Unsubscribe(probe.Ref));
        Sys.DeadLetters.Tell("lost again");
        probe.Ref.Tell("end");
        Assert.Equal("end", await probe.Next());
    }

    [Fact]
    public async Task Tell_StoppedActor_IsADeadLetter()
    {
        var probe = NewProbe();
        var actor = Spawn((_, _) => { });
        await actor.GracefulStop(Patience);
        Sys.EventStream.Subscribe(probe.Ref, typeof(DeadLetter));
        actor.Tell("lost", probe.Ref);
        var letter = await probe.Next<DeadLetter>();
        Assert.Equal(("lost", probe.Ref, actor), (letter.Message, letter.Sender, letter.Recipient));
    }

    [Fact]
    public async Task Scheduler_DueActions_RunAndCancelledOnesDoNot()
    {
        var probe = NewProbe();
        var cancelled = Sys.Scheduler.ScheduleTellOnceCancelable(TimeSpan.FromMilliseconds(20), probe.Ref, "cancelled", ActorRefs.NoSender);
        Sys.Scheduler.Advanced.ScheduleOnce(TimeSpan.FromMilliseconds(5), () => throw new InvalidOperationException("not fatal"));
        Sys.Scheduler.ScheduleTellOnce(TimeSpan.FromMilliseconds(60), probe.Ref, "due", ActorRefs.NoSender);
        cancelled.Cancel();
        Assert.Equal("due", await probe.Next());
        var before = Sys.Scheduler.MonotonicClock;
        Assert.True(Sys.Scheduler.MonotonicClock >= before);
    }

    [Fact]
    public async Task Scheduler_Repeated_KeepsOn()
    {
        var probe = NewProbe();
        var task = Sys.Scheduler.ScheduleTellRepeatedlyCancelable(TimeSpan.Zero, TimeSpan.FromMilliseconds(1), probe.Ref, "tick", ActorRefs.NoSender);
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal("tick", await probe.Next());
        }

        task.Cancel();
        Assert.Throws<ArgumentOutOfRangeException>(() => Sys.Scheduler.ScheduleTellOnce(TimeSpan.FromSeconds(-1), probe.Ref, "never", ActorRefs.NoSender));
    }

    [Theory]
    [InlineData("PinnedDispatcher", 1)]
    [InlineData("ForkJoinDispatcher", 2)]
    public async Task Dispatcher_WithThreadsOfItsOwn_RunsActorsThere(string type, int threadsMax)
    {
        var system = NewSystem($"my-dispatcher {{ type = {type}, throughput = 5, dedicated-thread-pool.thread-count = 2 }}");
        var threads = new HashSet<int>();
        var actor = system.ActorOf(new Script
        {
            OnReceive = (self, message) =>
            {
                Assert.False(Thread.CurrentThread.IsThreadPoolThread);
                threads.Add(Environment.CurrentManagedThreadId);
                if (message is "last")
                {
                    self.From.Tell(threads.Count);
                }
            },
        }.Props.WithDispatcher("my-dispatcher"));
        for (var i = 0; i < 100; i++)
        {
            actor.Tell(i);
        }

        Assert.InRange(await actor.Ask<int>("last", Patience), 1, threadsMax);
        Assert.Throws<ConfigurationException>(() => system.Dispatchers.Lookup("no-such-dispatcher"));
    }

    private sealed class Counter : IExtension;

    private sealed class CounterExtension : ExtensionIdProvider<Counter>
    {
        public override Counter CreateExtension(ExtendedActorSystem system) => new();
    }
}
