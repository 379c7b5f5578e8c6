using Akka.Actor;
using Akka.Event;
using Xunit;

namespace Akka.Tests.Actor;

public sealed class ReceiveActorTests : SystemTest
{
    [Theory]
    [InlineData(1, "small 1")]
    [InlineData(100, "large 100")]
    [InlineData("text", "text text")]
    [InlineData(2.5, "any 2.5")]
    public async Task Receive_FirstHandlerThatFits_Wins(object message, string expected)
    {
        var actor = Sys.ActorOf(Props.Create<Sorter>());
        Assert.Equal(expected, await actor.Ask<string>(message, Patience));
    }

    [Fact]
    public async Task Receive_AfterReceiveAny_Throws()
    {
        var failure = new TaskCompletionSource<Exception>();
        Sys.ActorOf(Props.Create(() => new Unreachable(failure)));
        Assert.IsType<InvalidOperationException>(await failure.Task.WaitAsync(Patience));
    }

    [Fact]
    public async Task Unhandled_Message_IsPublished()
    {
        var probe = NewProbe();
        Sys.EventStream.Subscribe(probe.Ref, typeof(UnhandledMessage));
        var actor = Sys.ActorOf(Props.Create<Switcher>());
        actor.Tell(DateTime.UnixEpoch);
        var unhandled = await probe.Next<UnhandledMessage>();
        Assert.Equal(DateTime.UnixEpoch, unhandled.Message);
        Assert.Equal(actor, unhandled.Recipient);
    }

    [Fact]
    public async Task Become_Configured_ReplacesTheHandlers()
    {
        var actor = Sys.ActorOf(Props.Create<Switcher>());
        Assert.Equal("off", await actor.Ask<string>("state", Patience));
        actor.Tell("toggle");
        Assert.Equal("on", await actor.Ask<string>("state", Patience));
        actor.Tell("toggle");
        Assert.Equal("off", await actor.Ask<string>("state", Patience));
    }

    [Fact]
    public async Task Become_InTheConstructor_IsTheFirstBehaviour()
    {
        var actor = Sys.ActorOf(Props.Create<StartsElsewhere>());
        Assert.Equal("elsewhere", await actor.Ask<string>("state", Patience));
    }

    [Fact]
    public async Task ReceiveAsync_Awaiting_HoldsOtherMessagesBackAndKeepsTheContext()
    {
        var probe = NewProbe();
        var gate = new TaskCompletionSource();
        var actor = Sys.ActorOf(Props.Create(() => new Patient(gate.Task, probe.Ref)));
        var question = actor.Ask<string>("wait", Patience);
        actor.Tell(1);
        Assert.Equal("waiting", await probe.Next());
        gate.SetResult();
        Assert.Equal(actor.Path.Name, await question);
        Assert.Equal("done", await probe.Next());
        Assert.Equal(1, await probe.Next());
    }

    [Fact]
    public async Task ReceiveAsync_Throws_RestartsTheActor()
    {
        var probe = NewProbe();
        var actor = Sys.ActorOf(Props.Create(() => new Patient(Task.CompletedTask, probe.Ref)));
        actor.Tell("fail");
        actor.Tell(2);
        Assert.Equal("restarted by ouch", await probe.Next());
        Assert.Equal(2, await probe.Next());
    }

    [Fact]
    public async Task ReceiveAsync_StoppedMeanwhile_Terminates()
    {
        var probe = NewProbe();
        var gate = new TaskCompletionSource();
        var actor = Sys.ActorOf(Props.Create(() => new Patient(gate.Task, probe.Ref)));
        actor.Tell("wait");
        Assert.Equal("waiting", await probe.Next());
        probe.Watch(actor);
        Sys.Stop(actor);
        await probe.Next<Terminated>();
        gate.SetResult();
    }

    private sealed class Sorter : ReceiveActor
    {
        public Sorter()
        {
            Receive<int>(i => i < 10, i => Sender.Tell($"small {i}"));
            Receive<int>(i => Sender.Tell($"large {i}"));
            Receive<string>(s =>
            {
                Sender.Tell($"text {s}");
                return true;
            });
            ReceiveAny(o => Sender.Tell(FormattableString.Invariant($"any {o}")));
        }
    }

    private sealed class Unreachable : ReceiveActor
    {
        public Unreachable(TaskCompletionSource<Exception> failure)
        {
            ReceiveAny(_ => { });
            try
            {
                Receive<int>(_ => { });
            }
            catch (InvalidOperationException e)
            {
                failure.SetResult(e);
            }
        }
    }

    private sealed class Switcher : ReceiveActor
    {
        public Switcher() => Off();

        private void Off()
        {
            Receive<string>(s => s == "toggle", _ => Become(On));
            Receive<string>(_ => Sender.Tell("off"));
        }

        private void On()
        {
            Receive<string>(s => s == "toggle", _ => Become(Off));
            Receive<string>(_ => Sender.Tell("on"));
        }
    }

    private sealed class StartsElsewhere : ReceiveActor
    {
        public StartsElsewhere() => Become(Elsewhere);

        private void Elsewhere() => Receive<string>(_ => Sender.Tell("elsewhere"));
    }

    private sealed class Patient : ReceiveActor
    {
        private readonly IActorRef _probe;

        public Patient(Task gate, IActorRef probe)
        {
            _probe = probe;
            ReceiveAsync<string>(s => s == "wait", async _ =>
            {
                probe.Tell("waiting");
                await gate;
                Sender.Tell(Self.Path.Name);
                probe.Tell("done");
            });
            ReceiveAsync<string>(async _ =>
            {
                await Task.Yield();
                throw new InvalidOperationException("ouch");
            });
            Receive<int>(i => probe.Tell(i));
        }

        protected override void PostRestart(Exception reason) => _probe.Tell("restarted by " + reason.Message);
    }
}
