using Akka.Actor;
using Akka.Event;
using Xunit;
using Xunit.Sdk;

namespace Akka.Tests.TestKit;

public sealed class EventFilterTests : Akka.TestKit.Xunit2.TestKit
{
    public EventFilterTests()
        : base("akka.loglevel = DEBUG, akka.test.filter-leeway = 1s")
    {
    }

    [Fact]
    public void ExpectOne_TheEventComes_Passes()
    {
        EventFilter.Info("exactly this").ExpectOne(() => Log.Info("exactly this"));
        EventFilter.Warning(start: "beg").ExpectOne(() => Log.Warning("beginning of {0}", "it"));
        EventFilter.Error(contains: "mid").ExpectOne(() => Log.Error("in the middle"));
        EventFilter.Debug().ExpectOne(() => Log.Debug("aaa"));
        EventFilter.Custom(e => e.LogClass == GetType()).ExpectOne(() => Log.Info("of this class"));
    }

    [Fact]
    public void ExpectOne_AnotherLevelOrText_Fails()
    {
        var failure = Assert.Throws<XunitException>(() => EventFilter.Info("this").ExpectOne(() => Log.Info("that")));

        Assert.Contains("this", failure.Message, StringComparison.Ordinal);
        Assert.Throws<XunitException>(() => EventFilter.Warning("this").ExpectOne(() => Log.Info("this")));
    }

    [Fact]
    public void Expect_MoreThanWereExpected_Fails() => Assert.Throws<XunitException>(() => EventFilter.Info("this").Expect(0, () => Log.Info("this")));

    [Fact]
    public void Exception_OfAFailingActor_IsSeen()
    {
        var failing = ActorOf<Failing>("failing");

        EventFilter.Exception<InvalidOperationException>("it failed").ExpectOne(() => failing.Tell("fail"));
        EventFilter.Exception<InvalidOperationException>(source: failing.Path.ToString()).ExpectOne(() => failing.Tell("fail"));
        Assert.Throws<XunitException>(() => EventFilter.Exception<ArgumentException>().ExpectOne(() => failing.Tell("fail")));
    }

    [Fact]
    public void DeadLetter_OfTheType_IsSeen()
    {
        EventFilter.DeadLetter<string>().ExpectOne(() => Sys.DeadLetters.Tell("lost"));
        EventFilter.DeadLetter<string>(s => s == "lost").ExpectOne(() => Sys.DeadLetters.Tell("lost"));
        Assert.Throws<XunitException>(() => EventFilter.DeadLetter<int>().ExpectOne(() => Sys.DeadLetters.Tell("lost")));
    }

    [Fact]
    public async Task And_CountsBoth_AlsoAsync() => await EventFilter.Info("one").And.Warning("two").ExpectAsync(2, () =>
    {
        Log.Info("one");
        Log.Warning("two");
        return Task.CompletedTask;
    });

    [Fact]
    public void Mute_AroundAnExpectation_LeavesItTheEvent() =>
        EventFilter.Error().Mute(() => EventFilter.Error("for both").ExpectOne(() => Log.Error("for both")));

    private sealed class Failing : ReceiveActor
    {
        public Failing() => ReceiveAny(_ => throw new InvalidOperationException("it failed"));
    }
}
