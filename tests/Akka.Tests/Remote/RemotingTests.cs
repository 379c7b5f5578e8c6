using Akka.Actor;
using Akka.TestKit;
using Xunit;

namespace Akka.Tests.Remote;

public sealed class RemotingTests : Akka.TestKit.Xunit2.TestKit
{
    private readonly ActorSystem _peer = RemoteSystem.Create("peer");
    private readonly TestProbe _remote;

    public RemotingTests()
        : base(RemoteSystem.Config(), "local") => _remote = CreateTestProbe(_peer, "probe");

    private ActorSelection RemoteSelection => Sys.ActorSelection(RemoteSystem.PathOf(_peer, "/system/probe"));

    [Fact]
    public void Tell_ToASelection_ArrivesWithItsSender()
    {
        RemoteSelection.Tell("hello", TestActor);

        _remote.ExpectMsg("hello");
        Assert.Equal(RemoteSystem.PathOf(Sys, TestActor.Path.ToStringWithoutAddress()), _remote.Sender.Path.ToString());
    }

    [Fact]
    public void Reply_ToARemoteSender_ComesBackFromTheSameReference()
    {
        RemoteSelection.Tell("question", TestActor);
        _remote.ExpectMsg("question");
        _remote.Reply("answer");

        ExpectMsg("answer");
        var remote = LastSender;
        remote.Tell("by reference", TestActor);
        _remote.ExpectMsg("by reference");
        Assert.Equal(remote, Resolve());
    }

    [Fact]
    public async Task Ask_AcrossSystems_IsAnswered()
    {
        var echo = _peer.ActorOf(Props.Create(() => new Echo()), "echo");
        var selection = Sys.ActorSelection(RemoteSystem.PathOf(_peer, "/user/echo"));

        Assert.Equal("a", await selection.Ask<string>("a", TimeSpan.FromSeconds(5)));
        var resolved = await selection.ResolveOne(TimeSpan.FromSeconds(5));
        Assert.Equal(echo.Path.Uid, resolved.Path.Uid);
        Assert.Equal(7, await resolved.Ask<int>(7, TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public async Task ResolveOne_OfNobody_IsNotFound() => await Assert.ThrowsAsync<ActorNotFoundException>(
        () => Sys.ActorSelection(RemoteSystem.PathOf(_peer, "/user/nobody")).ResolveOne(TimeSpan.FromSeconds(5)));

    [Fact]
    public void ActorRef_InsideAMessage_ReachesItsActor()
    {
        var third = CreateTestProbe();
        RemoteSelection.Tell(new Note("talk to", third.Ref), TestActor);

        var note = _remote.ExpectMsg<Note>();
        Assert.Equal("talk to", note.Text);
        note.Ref!.Tell("hello third", _remote.Ref);
        third.ExpectMsg("hello third");
        // A reference that has come home is the local one again.
        third.Sender.Tell(new Note("back", third.Ref), third.Ref);
        Assert.Equal(third.Ref, _remote.ExpectMsg<Note>().Ref!.Path.Uid == third.Ref.Path.Uid ? third.Ref : null);
    }

    [Fact]
    public void Order_Of10000Messages_IsKept()
    {
        var remote = Resolve();
        for (var i = 0; i < 10_000; i++)
        {
            remote.Tell(i, TestActor);
        }

        for (var i = 0; i < 10_000; i++)
        {
            Assert.Equal(i, _remote.ExpectMsg<int>(TimeSpan.FromSeconds(10)));
        }
    }

    [Fact]
    public void Watch_OfARemoteActorThatStops_IsToldOnce()
    {
        var echo = _peer.ActorOf(Props.Create(() => new Echo()), "watched");
        var remote = Resolve("/user/watched");
        Watch(remote);
        remote.Tell("alive", TestActor);
        ExpectMsg("alive");

        _peer.Stop(echo);

        Assert.True(ExpectTerminated(remote).ExistenceConfirmed);
        ExpectNoMsg(100);
    }

    [Fact]
    public void Watch_OfARemoteActorThatHasStopped_IsTold()
    {
        var echo = _peer.ActorOf(Props.Create(() => new Echo()), "gone");
        var remote = Resolve("/user/gone");
        _remote.Watch(echo);
        _peer.Stop(echo);
        _remote.ExpectTerminated(echo);

        Watch(remote);

        ExpectTerminated(remote);
    }

    [Fact]
    public void PoisonPill_ToARemoteActor_StopsIt()
    {
        var echo = _peer.ActorOf(Props.Create(() => new Echo()), "poisoned");
        _remote.Watch(echo);

        Resolve("/user/poisoned").Tell(PoisonPill.Instance, TestActor);

        _remote.ExpectTerminated(echo);
    }

    [Fact]
    public void A1_OversizeMessage_IsDroppedWithAnError_AndLaterOnesArrive()
    {
        var remote = Resolve();

        EventFilter.Error(contains: "oversized payload").ExpectOne(() => remote.Tell(new string('x', 128_000), TestActor));
        remote.Tell(new string('y', 120_000), TestActor);

        Assert.Equal(120_000, _remote.ExpectMsg<string>().Length);
    }

    [Fact]
    public void UnserializableMessage_IsDroppedWithAnError_AndLaterOnesArrive()
    {
        var remote = Resolve();

        EventFilter.Error(contains: "cannot be serialized").Expect(2, () =>
        {
            remote.Tell(new Note(NoteSerializer.Unwritable), TestActor);
            remote.Tell(new object(), TestActor);
        });
        remote.Tell("next", TestActor);

        _remote.ExpectMsg("next");
    }

    [Fact]
    public void A14_UnreadableMessage_IsLogged_AndLaterOnesArrive()
    {
        var remote = Resolve();

        CreateEventFilter(_peer).Error(contains: "Cannot read a message").ExpectOne(() => remote.Tell(new Note(NoteSerializer.Unreadable), TestActor));
        remote.Tell("next", TestActor);

        _remote.ExpectMsg("next");
    }

    [Fact]
    public void Address_OfTheOwnSystem_ResolvesToTheLocalActor()
    {
        var path = RemoteSystem.PathOf(Sys, TestActor.Path.ToStringWithoutAddress());

        Sys.ActorSelection(path).Tell(new object(), TestActor);

        ExpectMsg<object>();
        Assert.Equal(TestActor, LastSender);
    }

    protected override void AfterAll()
    {
        Shutdown(_peer, TimeSpan.FromSeconds(10), verifySystemShutdown: true);
        Shutdown(TimeSpan.FromSeconds(10), verifySystemShutdown: true);
    }

    private IActorRef Resolve(string path = "/system/probe") =>
        Sys.ActorSelection(RemoteSystem.PathOf(_peer, path)).ResolveOne(TimeSpan.FromSeconds(5)).GetAwaiter().GetResult();

    private sealed class Echo : ReceiveActor
    {
        public Echo() => ReceiveAny(m => Sender.Tell(m));
    }
}
