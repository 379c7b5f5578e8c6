using Akka.Actor;
using Akka.Event;
using Xunit;

namespace Akka.Tests.Actor;

public sealed class AskTests : SystemTest
{
    [Fact]
    public async Task Ask_Answer_CompletesTheTask()
    {
        var echo = Spawn((self, message) => self.From.Tell(message));
        Assert.Equal("hello", await echo.Ask<string>("hello", Patience));
        Assert.Equal(7, await echo.Ask(7, Patience));
    }

    [Fact]
    public async Task Ask_NoAnswer_TimesOut()
    {
        var silent = Spawn((_, _) => { });
        await Assert.ThrowsAsync<AskTimeoutException>(() => silent.Ask<string>("hello", TimeSpan.FromMilliseconds(20)));
    }

    [Fact]
    public async Task Ask_Cancelled_IsCancelled()
    {
        var silent = Spawn((_, _) => { });
        using var cancellation = new CancellationTokenSource();
        var question = silent.Ask<string>("hello", cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => question);
    }

    [Fact]
    public async Task Ask_StatusFailure_Throws()
    {
        var failing = Spawn((self, _) => self.From.Tell(new Status.Failure(new InvalidOperationException("ouch"))));
        var e = await Assert.ThrowsAsync<InvalidOperationException>(() => failing.Ask<string>("hello", Patience));
        Assert.Equal("ouch", e.Message);
    }

    [Fact]
    public async Task Ask_AnswerOfAnotherType_Throws()
    {
        var echo = Spawn((self, message) => self.From.Tell(message));
        await Assert.ThrowsAsync<ArgumentException>(() => echo.Ask<string>(1, Patience));
    }

    [Fact]
    public async Task Ask_LateAnswer_IsADeadLetter()
    {
        var probe = NewProbe();
        Sys.EventStream.Subscribe(probe.Ref, typeof(DeadLetter));
        IActorRef? asker = null;
        var actor = Spawn((self, message) => asker = self.From);
        await Assert.ThrowsAsync<AskTimeoutException>(() => actor.Ask<string>("hello", TimeSpan.FromMilliseconds(20)));
        asker!.Tell("late");
        Assert.Equal("late", (await probe.Next<DeadLetter>()).Message);
    }

    [Fact]
    public async Task Ask_ByPath_TheAskerCanBeResolved()
    {
        var actor = Spawn((self, message) => self.Cell.ActorSelection(self.From.Path).Tell("by path"));
        Assert.Equal("by path", await actor.Ask<string>("hello", Patience));
    }

    [Fact]
    public async Task Forward_KeepsTheSender()
    {
        var echo = Spawn((self, message) => self.From.Tell(message));
        var relay = Spawn((_, message) => echo.Forward(message));
        Assert.Equal("hello", await relay.Ask<string>("hello", Patience));
    }

    [Fact]
    public async Task PipeTo_OutcomeOfATask_IsSent()
    {
        var probe = NewProbe();
        await Task.FromResult(5).PipeTo(probe.Ref);
        await Task.FromException<int>(new InvalidOperationException("ouch")).PipeTo(probe.Ref);
        await Task.FromResult(5).PipeTo(probe.Ref, success: i => i + 1);
        await Task.FromException(new InvalidOperationException("ouch")).PipeTo(probe.Ref, failure: e => e.Message);
        Assert.Equal(5, await probe.Next());
        Assert.Equal("ouch", (await probe.Next<Status.Failure>()).Cause.Message);
        Assert.Equal(6, await probe.Next());
        Assert.Equal("ouch", await probe.Next());
    }

    [Fact]
    public async Task GracefulStop_StopsAfterTheMessagesBefore()
    {
        var count = 0;
        var actor = Spawn((_, _) => count++);
        for (var i = 0; i < 100; i++)
        {
            actor.Tell(i);
        }

        Assert.True(await actor.GracefulStop(Patience));
        Assert.Equal(100, count);
    }

    [Fact]
    public async Task Identify_ActorAndNobody_AreAnswered()
    {
        var actor = Spawn((_, _) => { }, "known");
        Assert.Equal(actor, (await Sys.ActorSelection("/user/known").Ask<ActorIdentity>(new Identify(1), Patience)).Subject);
        Assert.Null((await Sys.ActorSelection("/user/unknown").Ask<ActorIdentity>(new Identify(2), Patience)).Subject);
        Assert.Equal(actor, await Sys.ActorSelection("akka://test/user/known").ResolveOne(Patience));
        await Assert.ThrowsAsync<ActorNotFoundException>(() => Sys.ActorSelection("/user/unknown").ResolveOne(Patience));
    }

    [Fact]
    public async Task ActorSelection_Wildcard_ReachesAllThatMatch()
    {
        var probe = NewProbe();
        foreach (var name in new[] { "w-1", "w-2", "x-1" })
        {
            Spawn((_, _) => probe.Ref.Tell(name), name);
        }

        Sys.ActorSelection("/user/w-*").Tell("hello");
        Assert.Equal(new object[] { "w-1", "w-2" }, new[] { await probe.Next(), await probe.Next() }.Order());
    }
}
