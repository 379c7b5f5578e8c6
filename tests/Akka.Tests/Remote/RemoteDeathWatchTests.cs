using Akka.Actor;
using Xunit;

namespace Akka.Tests.Remote;

/// <summary>Death watch while what the peer says does not get through.</summary>
public sealed class RemoteDeathWatchTests : Akka.TestKit.Xunit2.TestKit
{
    private readonly TcpRelay _relay;
    private readonly List<ActorSystem> _peers = [];

    public RemoteDeathWatchTests()
        : this(new TcpRelay())
    {
    }

    private RemoteDeathWatchTests(TcpRelay relay)
        : base(RemoteSystem.Config(relay.TargetPort, $"akka.remote.dot-netty.tcp.public-port = {relay.Port}"), "local") => _relay = relay;

    [Fact]
    public void A5_PeerDiesUnheard_ItsNextIncarnationReportsTheDeath()
    {
        var peer = Peer();
        var port = RemoteSystem.AddressOf(peer).Port!.Value;
        var remote = WatchedProbe(peer);

        _relay.Cut();
        Shutdown(peer, TimeSpan.FromSeconds(10), verifySystemShutdown: true);
        _relay.Mend();
        Peer(port);

        ExpectTerminated(remote, TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void DeathUnheard_ComesWithTheNextConnection()
    {
        var peer = Peer();
        var remote = WatchedProbe(peer);

        _relay.Cut();
        var probe = CreateTestProbe(peer);
        probe.Watch(((ExtendedActorSystem)peer).Provider.ResolveActorRef(remote.Path.ToSerializationFormat()));
        remote.Tell(PoisonPill.Instance, ActorRefs.NoSender);
        probe.ExpectMsg<Terminated>();
        _relay.Mend();
        AwaitAssert(
            () =>
            {
                peer.ActorSelection(RemoteSystem.PathOf(Sys, TestActor.Path.ToStringWithoutAddress())).Tell("the peer is back", ActorRefs.NoSender);
                FishForMessage(m => m is Terminated t && t.ActorRef.Equals(remote), TimeSpan.FromMilliseconds(100));
            },
            TimeSpan.FromSeconds(10));
    }

    protected override void AfterAll()
    {
        _relay.Dispose();
        _peers.ForEach(p => Shutdown(p, TimeSpan.FromSeconds(10)));
        Shutdown(TimeSpan.FromSeconds(10), verifySystemShutdown: true);
    }

    private IActorRef WatchedProbe(ActorSystem peer)
    {
        var probe = CreateTestProbe(peer, "probe");
        Sys.ActorSelection(RemoteSystem.PathOf(peer, "/system/probe")).Tell("watched", TestActor);
        probe.ExpectMsg("watched");
        probe.Reply("seen");
        ExpectMsg("seen");
        var remote = LastSender;
        Watch(remote);
        // One more exchange: the watch has then been handled too.
        remote.Tell("once more", TestActor);
        probe.ExpectMsg("once more");
        return remote;
    }

    private ActorSystem Peer(int port = 0)
    {
        var peer = RemoteSystem.Create("peer", port);
        _peers.Add(peer);
        return peer;
    }
}
