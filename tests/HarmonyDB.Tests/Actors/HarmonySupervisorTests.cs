using Akka.Actor;
using Akka.Configuration;
using Akka.TestKit.Xunit2;
using HarmonyDB.Actors;
using Xunit;

namespace HarmonyDB.Tests.Actors;

public sealed class HarmonySupervisorTests : TestKit
{
    private IActorRef _log = ActorRefs.Nobody;
    private int _made;

    public HarmonySupervisorTests()
        : base(ConfigurationFactory.ParseString(NodeDispatchers.Definitions))
    {
    }

    [Fact]
    public void A17_PartFailsWhileTheNodeIsAskedToStop_TheNodeHasFailed()
    {
        using var gate = new ManualResetEventSlim();
        IActorRef node = Start();
        _log.Tell(gate);
        ExpectMsg("waiting");
        Sys.Stop(node);

        // The others have stopped, so the node is stopping; only now the log's flush fails.
        ExpectMsg("stopped");
        gate.Set();

        NodeStopReason reason = ExpectMsg<NodeStopReason>();
        Assert.True(reason.Failed);
        Assert.IsType<IOException>(reason.Failure);
    }

    [Fact]
    public void Stop_NothingFailed_TheNodeHasNotFailed()
    {
        Sys.Stop(Start());
        Assert.False(((NodeStopReason)FishForMessage(m => m is NodeStopReason)).Failed);
    }

    [Theory]
    [InlineData("log")]
    [InlineData("storage")]
    [InlineData("snapshots")]
    [InlineData("client")]
    [InlineData("members")]
    [InlineData("raft")]
    public void A17_AnyPartFails_AllStopAndNoneIsStartedAgain(string part)
    {
        const int Parts = 6;
        IActorRef node = Start();
        Watch(node);
        Sys.ActorSelection(node.Path / part).Tell(Part.Fail);

        var reason = (NodeStopReason)FishForMessage(m => m is NodeStopReason);
        Assert.True(reason.Failed);
        Assert.Contains(part, reason.Reason, StringComparison.Ordinal);
        Assert.IsType<InvalidDataException>(reason.Failure);
        ExpectTerminated(node);
        Assert.Equal(Parts, Volatile.Read(ref _made));
    }

    private IActorRef Start()
    {
        IActorRef test = TestActor;
        Props quiet = Props.Create(() => new Part(ActorRefs.Nobody, Made));

        // It blocks, as a flush does, so it has a thread of its own, as LogActor has.
        Props log = Props.Create(() => new Part(ActorRefs.Nobody, Made)).WithDispatcher(NodeDispatchers.Log);
        var parts = new NodeParts(
            () => log,
            () => quiet,
            () => quiet,
            () => quiet,
            () => Props.Create(() => new Part(test, Made)),
            made =>
            {
                _log = made.Log;
                return quiet;
            },
            _ => test.Tell("started"),
            reason => test.Tell(reason));
        IActorRef node = Sys.ActorOf(Props.Create(() => new HarmonySupervisor(parts)));
        ExpectMsg("started");
        return node;
    }

    private void Made() => Interlocked.Increment(ref _made);

    private sealed class Part : ReceiveActor
    {
        public const string Fail = "fail";

        private readonly IActorRef _stopped;

        public Part(IActorRef stopped, Action made)
        {
            _stopped = stopped;
            made();
            Receive<string>(text => text == Fail, _ => throw new InvalidDataException("It came upon something that cannot be."));
            Receive<ManualResetEventSlim>(gate =>
            {
                Sender.Tell("waiting");
                gate.Wait();
                throw new IOException("The flush failed.");
            });
        }

        protected override void PostStop() => _stopped.Tell("stopped");
    }
}
