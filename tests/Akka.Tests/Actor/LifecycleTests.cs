using Akka.Actor;
using Xunit;

namespace Akka.Tests.Actor;

public sealed class LifecycleTests : SystemTest
{
    [Fact]
    public async Task Tell_FromOneSender_ArrivesInOrder()
    {
        var probe = NewProbe();
        for (var i = 0; i < 10_000; i++)
        {
            probe.Ref.Tell(i);
        }

        for (var i = 0; i < 10_000; i++)
        {
            Assert.Equal(i, await probe.Next<int>());
        }
    }

    [Fact]
    public async Task Actor_ManySenders_HandlesOneMessageAtATime()
    {
        var busy = 0;
        var overlaps = 0;
        var count = 0;
        var actor = Spawn((self, message) =>
        {
            overlaps += Interlocked.Exchange(ref busy, 1);
            count++;
            Volatile.Write(ref busy, 0);
            if (message is string)
            {
                self.From.Tell(count);
            }
        });
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 20_000; i++)
            {
                actor.Tell(i, ActorRefs.NoSender);
            }
        })));
        Assert.Equal(80_001, await actor.Ask<int>("count", Patience));
        Assert.Equal(0, overlaps);
    }

    [Fact]
    public async Task Stop_Hooks_RunChildrenFirst()
    {
        var probe = NewProbe();
        var child = new Script { Started = _ => probe.Ref.Tell("child started"), Stopped = _ => probe.Ref.Tell("child stopped") };
        var parent = Sys.ActorOf(new Script
        {
            Started = self =>
            {
                probe.Ref.Tell("parent started");
                self.Cell.ActorOf(child.Props, "child");
            },
            Stopped = _ => probe.Ref.Tell("parent stopped"),
        }.Props);
        Assert.Equal("parent started", await probe.Next());
        Assert.Equal("child started", await probe.Next());
        probe.Watch(parent);
        Sys.Stop(parent);
        Assert.Equal("child stopped", await probe.Next());
        Assert.Equal("parent stopped", await probe.Next());
        Assert.Equal(parent, (await probe.Next<Terminated>()).ActorRef);
    }

    [Fact]
    public async Task PoisonPill_AfterMessages_LetsThemBeHandledFirst()
    {
        var probe = NewProbe();
        var actor = Spawn((_, message) => probe.Ref.Tell(message));
        probe.Watch(actor);
        await probe.Ref.Ask<ActorIdentity>(new Identify(0), Patience);
        actor.Tell(1);
        actor.Tell(2);
        actor.Tell(PoisonPill.Instance);
        actor.Tell(3);
        Assert.Equal(1, await probe.Next());
        Assert.Equal(2, await probe.Next());
        await probe.Next<Terminated>();
    }

    [Fact]
    public async Task Watch_ActorThatIsGoneAlready_IsToldAtOnce()
    {
        var actor = Spawn((_, _) => { });
        Assert.True(await actor.GracefulStop(Patience));
        var probe = NewProbe();
        probe.Watch(actor);
        Assert.Equal(actor, (await probe.Next<Terminated>()).ActorRef);
    }

    [Fact]
    public async Task WatchWith_Death_SendsTheMessageInstead()
    {
        var probe = NewProbe();
        var actor = Spawn((_, _) => { });
        probe.Act(c => c.WatchWith(actor, "gone"));
        await probe.Ref.Ask<ActorIdentity>(new Identify(0), Patience);
        Sys.Stop(actor);
        Assert.Equal("gone", await probe.Next());
    }

    [Fact]
    public async Task Unwatch_BeforeDeath_NothingIsHeard()
    {
        var probe = NewProbe();
        var actor = Spawn((_, _) => { });
        probe.Act(c => c.Watch(actor));
        probe.Act(c => c.Unwatch(actor));
        await probe.Ref.Ask<ActorIdentity>(new Identify(0), Patience);
        Assert.True(await actor.GracefulStop(Patience));
        probe.Ref.Tell("end");
        Assert.Equal("end", await probe.Next());
    }

    [Fact]
    public async Task Terminated_Unhandled_KillsTheWatcherByDeathPact()
    {
        var probe = NewProbe();
        var victim = Spawn((_, _) => { });
        var watcher = Sys.ActorOf(Props.Create(() => new Pact(victim)));
        probe.Watch(watcher);
        await watcher.Ask<ActorIdentity>(new Identify(0), Patience);
        Sys.Stop(victim);
        Assert.Equal(watcher, (await probe.Next<Terminated>()).ActorRef);
    }

    [Fact]
    public async Task ActorOf_NameTaken_Throws()
    {
        var first = Spawn((_, _) => { }, "twin");
        Assert.Throws<InvalidActorNameException>(() => Spawn((_, _) => { }, "twin"));
        Assert.Throws<InvalidActorNameException>(() => Spawn((_, _) => { }, "no name"));
        Assert.True(await first.GracefulStop(Patience));
        await Probe.Eventually(() =>
        {
            try
            {
                return Spawn((_, _) => { }, "twin").Path.Uid != first.Path.Uid;
            }
            catch (InvalidActorNameException)
            {
                return false;
            }
        });
    }

    [Fact]
    public void Actor_CreatedWithNew_Throws() => Assert.Throws<ActorInitializationException>(() => new Pact(ActorRefs.Nobody));

    [Fact]
    public async Task Become_Stack_ReturnsToTheBehaviourBefore()
    {
        var probe = NewProbe();
        var actor = Spawn((self, message) =>
        {
            if (message is "push")
            {
                self.Push(inner =>
                {
                    probe.Ref.Tell("pushed " + inner);
                    self.Pop();
                });
            }
            else if (message is "switch")
            {
                self.Switch(inner => probe.Ref.Tell("switched " + inner));
            }
            else
            {
                probe.Ref.Tell("first " + message);
            }
        });
        foreach (var message in new[] { "a", "push", "b", "c", "switch", "d" })
        {
            actor.Tell(message);
        }

        foreach (var expected in new[] { "first a", "pushed b", "first c", "switched d" })
        {
            Assert.Equal(expected, await probe.Next());
        }
    }

    [Fact]
    public async Task ReceiveTimeout_Silence_IsReportedUntilSwitchedOff()
    {
        var probe = NewProbe();
        var actor = Spawn((self, message) =>
        {
            switch (message)
            {
                case "on":
                    self.Cell.SetReceiveTimeout(TimeSpan.FromMilliseconds(20));
                    break;
                case ReceiveTimeout:
                    self.Cell.SetReceiveTimeout(null);
                    probe.Ref.Tell("timeout");
                    break;
            }
        });
        actor.Tell("on");
        Assert.Equal("timeout", await probe.Next());
    }

    [Fact]
    public async Task Stash_UnstashAll_ReturnsMessagesInOrderBeforeLaterOnes()
    {
        var probe = NewProbe();
        var open = false;
        var actor = Spawn((self, message) =>
        {
            if (message is "open")
            {
                open = true;
                self.Stash.UnstashAll();
            }
            else if (!open)
            {
                self.Stash.Stash();
            }
            else
            {
                probe.Ref.Tell(message);
            }
        });
        foreach (var message in new object[] { 1, 2, "open", 3 })
        {
            actor.Tell(message);
        }

        Assert.Equal(1, await probe.Next());
        Assert.Equal(2, await probe.Next());
        Assert.Equal(3, await probe.Next());
    }

    [Fact]
    public async Task Stash_SameMessageTwice_Fails()
    {
        var probe = NewProbe();
        var actor = Spawn((self, _) =>
        {
            self.Stash.Stash();
            probe.Ref.Tell(Assert.Throws<IllegalActorStateException>(self.Stash.Stash));
        });
        actor.Tell("x");
        await probe.Next<IllegalActorStateException>();
    }

    [Fact]
    public async Task Timers_Replaced_TheOldOneIsNotHeardOf()
    {
        var probe = NewProbe();
        var actor = Spawn((self, message) =>
        {
            if (message is "start")
            {
                self.Timers.StartSingleTimer("key", "old", TimeSpan.FromMilliseconds(1));
                // What is due later on the same scheduler has run: the old message is in the mailbox, and yet must not arrive.
                using var later = new ManualResetEventSlim();
                self.Cell.System.Scheduler.Advanced.ScheduleOnce(TimeSpan.FromMilliseconds(5), later.Set);
                later.Wait(Patience);
                self.Timers.StartSingleTimer("key", "new", TimeSpan.FromMilliseconds(1));
                Assert.True(self.Timers.IsTimerActive("key"));
            }
            else
            {
                probe.Ref.Tell(message);
                probe.Ref.Tell(self.Timers.IsTimerActive("key"));
            }
        });
        actor.Tell("start");
        Assert.Equal("new", await probe.Next());
        Assert.Equal(false, await probe.Next());
    }

    [Fact]
    public async Task Timers_MessageStashed_ComesAgainWhenUnstashed()
    {
        var probe = NewProbe();
        var seen = 0;
        var actor = Spawn((self, message) =>
        {
            if (message is "start")
            {
                self.Timers.StartSingleTimer("key", "tick", TimeSpan.FromMilliseconds(1));
            }
            else if (++seen == 1)
            {
                self.Stash.Stash();
                self.Stash.UnstashAll();
            }
            else
            {
                probe.Ref.Tell(message);
            }
        });
        actor.Tell("start");
        Assert.Equal("tick", await probe.Next());
    }

    [Fact]
    public async Task Timers_Periodic_RepeatUntilCancelled()
    {
        var probe = NewProbe();
        var ticks = 0;
        var actor = Spawn((self, message) =>
        {
            if (message is "start")
            {
                self.Timers.StartPeriodicTimer("key", "tick", TimeSpan.FromMilliseconds(1));
            }
            else if (++ticks == 3)
            {
                self.Timers.Cancel("key");
                probe.Ref.Tell("three");
            }
        });
        actor.Tell("start");
        Assert.Equal("three", await probe.Next());
        await actor.Ask<ActorIdentity>(new Identify(0), Patience);
        Assert.Equal(3, ticks);
    }

    private sealed class Pact : ReceiveActor
    {
        public Pact(IActorRef victim)
        {
            Context.Watch(victim);
            Receive<int>(_ => { });
        }
    }
}
