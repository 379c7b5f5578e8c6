using Akka.Actor;
using Xunit;

namespace Akka.Tests.Actor;

public sealed class SupervisionTests : SystemTest
{
    [Fact]
    public async Task Restart_Failure_KeepsTheMailboxAndTheReferenceAndDropsTheMessage()
    {
        var probe = NewProbe();
        var incarnations = 0;
        var (parent, child) = await Family(Directive.Restart, new Script
        {
            Started = _ => incarnations++,
            Restarting = (_, reason, message) => probe.Ref.Tell(("restarting", reason.Message, message)),
            Restarted = (_, reason) => probe.Ref.Tell(("restarted", reason.Message)),
            OnReceive = (_, message) => probe.Ref.Tell(message is "fail" ? throw new InvalidOperationException("ouch") : message),
        });
        child.Tell("fail");
        child.Tell("next");
        Assert.Equal(("restarting", "ouch", (object)"fail"), await probe.Next());
        Assert.Equal(("restarted", "ouch"), await probe.Next());
        Assert.Equal("next", await probe.Next());
        Assert.Equal(2, incarnations);
    }

    [Fact]
    public async Task Resume_Failure_KeepsTheState()
    {
        var probe = NewProbe();
        var count = 0;
        var (_, child) = await Family(Directive.Resume, new Script
        {
            Restarting = (_, _, _) => probe.Ref.Tell("restarting"),
            OnReceive = (_, message) => probe.Ref.Tell(message is "fail" ? throw new InvalidOperationException("ouch") : ++count),
        });
        foreach (var message in new[] { "a", "fail", "b" })
        {
            child.Tell(message);
        }

        Assert.Equal(1, await probe.Next());
        Assert.Equal(2, await probe.Next());
    }

    [Fact]
    public async Task Stop_Failure_StopsTheChild()
    {
        var probe = NewProbe();
        var (_, child) = await Family(Directive.Stop, new Script { OnReceive = (_, _) => throw new InvalidOperationException("ouch") });
        probe.Watch(child);
        await probe.Ref.Ask<ActorIdentity>(new Identify(0), Patience);
        child.Tell("fail");
        await probe.Next<Terminated>();
    }

    [Fact]
    public async Task Escalate_Failure_RestartsTheParentAndItsChildren()
    {
        var probe = NewProbe();
        var (_, child) = await Family(
            Directive.Escalate,
            new Script { Started = _ => probe.Ref.Tell("child started"), OnReceive = (_, _) => throw new InvalidOperationException("ouch") },
            new Script { Restarted = (_, reason) => probe.Ref.Tell("parent restarted by " + reason.Message) });
        Assert.Equal("child started", await probe.Next());
        probe.Watch(child);
        await probe.Ref.Ask<ActorIdentity>(new Identify(0), Patience);
        child.Tell("fail");
        // The default PreRestart of the parent stops the child; the new parent makes another one.
        var seen = new[] { await probe.Next(), await probe.Next(), await probe.Next() };
        Assert.Contains(seen, m => m is Terminated);
        Assert.Contains("parent restarted by ouch", seen);
        Assert.Contains("child started", seen);
    }

    [Fact]
    public async Task Restart_ChildrenLeftAlone_AreRestartedWithTheParent()
    {
        var probe = NewProbe();
        var child = new Script { Restarted = (_, _) => probe.Ref.Tell("child restarted") };
        var made = false;
        var parent = Sys.ActorOf(new Script
        {
            StopsChildrenOnRestart = false,
            Started = self =>
            {
                if (!made)
                {
                    made = true;
                    self.Cell.ActorOf(child.Props, "child");
                }
            },
            OnReceive = (_, _) => throw new InvalidOperationException("ouch"),
        }.Props);
        parent.Tell("fail");
        Assert.Equal("child restarted", await probe.Next());
    }

    [Fact]
    public async Task AllForOne_Failure_RestartsTheSiblings()
    {
        var probe = NewProbe();
        var parent = Sys.ActorOf(new Script
        {
            Strategy = new AllForOneStrategy(_ => Directive.Restart),
            Started = self =>
            {
                foreach (var name in new[] { "a", "b" })
                {
                    self.Cell.ActorOf(
                        new Script
                        {
                            Restarted = (_, _) => probe.Ref.Tell(name),
                            OnReceive = (_, message) => probe.Ref.Tell(message is "fail" ? throw new InvalidOperationException("ouch") : name + message),
                        }.Props,
                        name);
                }
            },
            OnReceive = (self, message) => self.Cell.Child("a").Tell(message),
        }.Props);
        parent.Tell("fail");
        Assert.Equal(new object[] { "a", "b" }, new[] { await probe.Next(), await probe.Next() }.Order());
        Sys.ActorSelection(parent.Path / "b").Tell("!");
        Assert.Equal("b!", await probe.Next());
    }

    [Fact]
    public async Task MaxNrOfRetries_Exceeded_StopsTheChild()
    {
        var probe = NewProbe();
        var parent = Sys.ActorOf(new Script
        {
            Strategy = new OneForOneStrategy(2, TimeSpan.FromMinutes(1), _ => Directive.Restart),
            Started = self => self.Cell.ActorOf(
                new Script { Restarted = (_, _) => probe.Ref.Tell("restarted"), OnReceive = (_, _) => throw new InvalidOperationException("ouch") }.Props, "child"),
            OnReceive = (self, _) => self.From.Tell(self.Cell.Child("child")),
        }.Props);
        var child = await parent.Ask<IActorRef>("child", Patience);
        probe.Watch(child);
        await probe.Ref.Ask<ActorIdentity>(new Identify(0), Patience);
        for (var i = 0; i < 3; i++)
        {
            child.Tell("fail");
        }

        Assert.Equal("restarted", await probe.Next());
        Assert.Equal("restarted", await probe.Next());
        await probe.Next<Terminated>();
    }

    [Fact]
    public async Task Constructor_Throws_StopsTheActor()
    {
        var probe = NewProbe();
        var actor = Sys.ActorOf(Props.Create(() => new Stillborn()));
        probe.Watch(actor);
        Assert.Equal(actor, (await probe.Next<Terminated>()).ActorRef);
    }

    [Fact]
    public async Task Kill_StopsTheActorByDefault()
    {
        var probe = NewProbe();
        var actor = Spawn((_, _) => { });
        probe.Watch(actor);
        await probe.Ref.Ask<ActorIdentity>(new Identify(0), Patience);
        actor.Tell(Kill.Instance);
        await probe.Next<Terminated>();
    }

    [Fact]
    public async Task Restart_Timers_AreCancelledAndTheStashReturns()
    {
        var probe = NewProbe();
        var restarted = false;
        var actor = Sys.ActorOf(new Script
        {
            Restarted = (_, _) => restarted = true,
            OnReceive = (self, message) =>
            {
                switch (message)
                {
                    case "stash" when !restarted:
                        self.Stash.Stash();
                        break;
                    case "fail":
                        self.Timers.StartSingleTimer("t", "stale", TimeSpan.Zero);
                        throw new InvalidOperationException("ouch");
                    default:
                        probe.Ref.Tell(message);
                        break;
                }
            },
        }.Props);
        foreach (var message in new[] { "stash", "fail", "last" })
        {
            actor.Tell(message);
        }

        Assert.Equal("stash", await probe.Next());
        Assert.Equal("last", await probe.Next());
        await actor.Ask<ActorIdentity>(new Identify(0), Patience);
        Assert.True(probe.IsEmpty);
    }

    private async Task<(IActorRef Parent, IActorRef Child)> Family(Directive directive, Script child, Script? hooks = null)
    {
        var parent = Sys.ActorOf(new Script
        {
            Strategy = new OneForOneStrategy(_ => directive),
            Started = self => self.Cell.ActorOf(child.Props, "child"),
            Restarted = (self, reason) => hooks?.Restarted(self, reason),
            OnReceive = (self, _) => self.From.Tell(self.Cell.Child("child")),
        }.Props);
        return (parent, await parent.Ask<IActorRef>("child", Patience));
    }

    private sealed class Stillborn : UntypedActor
    {
        public Stillborn() => throw new InvalidOperationException("never was");

        protected override void OnReceive(object message)
        {
        }
    }
}
