using System.Net;
using System.Net.Sockets;
using System.Text;
using Akka.Actor;
using Akka.Event;
using Xunit;

namespace Akka.Tests.Remote;

public sealed class RemotingFaultTests : Akka.TestKit.Xunit2.TestKit
{
    private readonly List<ActorSystem> _peers = [];

    public RemotingFaultTests()
        : base(RemoteSystem.Config(), "local")
    {
    }

    [Fact]
    public void A5_PeerRestartsOnTheSamePort_MessagesFlowAgain_AndOldReferencesAreDead()
    {
        var peer = Peer();
        var port = RemoteSystem.AddressOf(peer).Port!.Value;
        var before = CreateTestProbe(peer, "probe");
        var selection = Sys.ActorSelection(RemoteSystem.PathOf(peer, "/system/probe"));
        selection.Tell("before", TestActor);
        before.ExpectMsg("before");
        before.Reply("seen");
        ExpectMsg("seen");
        var old = LastSender;
        Watch(old);
        // What comes after the watch on the same way shows that the watch has been heard.
        old.Tell("heard", TestActor);
        before.ExpectMsg("heard");

        Shutdown(peer, TimeSpan.FromSeconds(10), verifySystemShutdown: true);
        ExpectTerminated(old);
        var after = CreateTestProbe(Peer(port), "probe");
        AwaitAssert(
            () =>
            {
                selection.Tell("after", TestActor);
                after.ExpectMsg("after", TimeSpan.FromMilliseconds(100));
            },
            TimeSpan.FromSeconds(10));

        after.IgnoreMessages(m => m is "after");
        old.Tell("to the dead", TestActor);
        selection.Tell("to the living", TestActor);
        after.ExpectMsg("to the living");
    }

    [Fact]
    public void PeerIsDown_MessagesBecomeDeadLetters()
    {
        var peer = Peer();
        var path = RemoteSystem.PathOf(peer, "/user/anybody");
        Shutdown(peer, TimeSpan.FromSeconds(10), verifySystemShutdown: true);
        Sys.EventStream.Subscribe(TestActor, typeof(DeadLetter));

        Sys.ActorSelection(path).Tell("lost", TestActor);

        var letter = ExpectMsg<DeadLetter>();
        Assert.Equal("lost", letter.Message);
        Assert.Equal(TestActor, letter.Sender);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData("\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003")]
    [InlineData("\u0005\u0000\u0000\u0000hello")]
    [InlineData("\u0000\u0000\u0000\u0000")]
    [InlineData("x")]
    public void A10_StrangerAtThePort_IsClosed_AndPeersAreServed(string says)
    {
        var peer = Peer();
        var probe = CreateTestProbe(peer, "probe");
        var selection = Sys.ActorSelection(RemoteSystem.PathOf(peer, "/system/probe"));
        selection.Tell("before", TestActor);
        probe.ExpectMsg("before");

        using (var stranger = Connect(RemoteSystem.AddressOf(peer).Port!.Value))
        {
            stranger.Send(Encoding.Latin1.GetBytes(says));
            stranger.Shutdown(SocketShutdown.Send);
            stranger.ReceiveTimeout = 5_000;
            Assert.Equal(0, ReceiveOrReset(stranger));
        }

        selection.Tell("after", TestActor);
        probe.ExpectMsg("after");
    }

    [Fact]
    public void A10_ManyStrangers_LeaveNothingBehind()
    {
        var peer = Peer();
        for (var i = 0; i < 300; i++)
        {
            using var stranger = Connect(RemoteSystem.AddressOf(peer).Port!.Value);
            stranger.Send("GET /"u8);
        }

        var probe = CreateTestProbe(peer, "probe");
        Sys.ActorSelection(RemoteSystem.PathOf(peer, "/system/probe")).Tell("served", TestActor);
        probe.ExpectMsg("served");
    }

    [Fact]
    public void A3_PeerThatNeverAnswers_TheQueueIsBounded_AndTheRestBecomesDeadLetters()
    {
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        silent.Listen();
        var sender = Peer(more: "akka.remote.flush-wait-on-shutdown = 50ms");
        var path = $"akka.tcp://silent@{silent.LocalEndPoint}/user/anybody";
        var anybody = ((ExtendedActorSystem)sender).Provider.ResolveActorRef(path);
        var letters = CreateTestProbe(sender);
        sender.EventStream.Subscribe(letters.Ref, typeof(DeadLetter));

        CreateEventFilter(sender).Warning(contains: "wait to be sent").ExpectOne(() =>
        {
            for (var i = 0; i < 20_010; i++)
            {
                anybody.Tell(i, ActorRefs.NoSender);
            }
        });

        Assert.Equal(20_000, letters.ExpectMsg<DeadLetter>().Message);
        Assert.Equal(9, letters.ReceiveN(9).Count);
        letters.ExpectNoMsg(TimeSpan.Zero);
    }

    [Fact]
    public void PortInUse_SystemIsNotCreated_AndTheErrorNamesTheAddress()
    {
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        other.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        other.Listen();
        var port = ((IPEndPoint)other.LocalEndPoint!).Port;

        var error = Assert.ThrowsAny<Exception>(() => Peer(port));

        Assert.Contains($"127.0.0.1:{port}", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void EnableSsl_IsRefused() => Assert.Contains(
        "TLS", Assert.ThrowsAny<Exception>(() => Peer(more: "akka.remote.dot-netty.tcp.enable-ssl = on")).ToString(), StringComparison.Ordinal);

    protected override void AfterAll()
    {
        foreach (var peer in _peers)
        {
            Shutdown(peer, TimeSpan.FromSeconds(10));
        }

        Shutdown(TimeSpan.FromSeconds(10), verifySystemShutdown: true);
    }

    private ActorSystem Peer(int port = 0, string more = "")
    {
        var peer = RemoteSystem.Create("peer", port, more);
        _peers.Add(peer);
        return peer;
    }

    private static Socket Connect(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(IPAddress.Loopback, port);
        return socket;
    }

    private static int ReceiveOrReset(Socket socket)
    {
        try
        {
            return socket.Receive(new byte[1]);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            return 0;
        }
    }
}
