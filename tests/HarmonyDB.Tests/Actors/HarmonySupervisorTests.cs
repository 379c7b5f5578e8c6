using Akka.Actor;
using Akka.Configuration;
using Akka.TestKit.Xunit2;
using HarmonyDB.Actors;
using Xunit;

namespace HarmonyDB.Tests.Actors;

public sealed class HarmonySupervisorTests : TestKit
{
    private IActorRef _log = ActorRefs.Nobody;

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

    private IActorRef Start()
    {
        IActorRef test = TestActor;
        Props quiet = Props.Create(() => new Part(ActorRefs.Nobody));

        // It blocks, as a flush does, so it has a thread of its own, as LogActor has.
        Props log = Props.Create(() => new Part(ActorRefs.Nobody)).WithDispatcher(NodeDispatchers.Log);
        var parts = new NodeParts(
            () => log,
            () => quiet,
            () => quiet,
            () => quiet,
            () => Props.Create(() => new Part(test)),
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

    private sealed class Part : ReceiveActor
    {
        private readonly IActorRef _stopped;

        public Part(IActorRef stopped)
        {
            _stopped = stopped;
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
