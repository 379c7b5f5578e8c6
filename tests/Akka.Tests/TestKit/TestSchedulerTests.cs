using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Configs;
using Xunit;

namespace Akka.Tests.TestKit;

public sealed class TestSchedulerTests : Akka.TestKit.Xunit2.TestKit
{
    public TestSchedulerTests()
        : base(TestConfigs.TestSchedulerConfig)
    {
    }

    private TestScheduler Scheduler => (TestScheduler)Sys.Scheduler;

    [Fact]
    public void ScheduleTellOnce_ComesWhenItsTimeHasCome()
    {
        Scheduler.ScheduleTellOnce(TimeSpan.FromHours(1), TestActor, "tick", ActorRefs.NoSender);

        Scheduler.Advance(TimeSpan.FromMinutes(59));
        ExpectNoMsg(TimeSpan.Zero);
        Scheduler.Advance(TimeSpan.FromMinutes(1));
        ExpectMsg("tick");
    }

    [Fact]
    public void Advance_RunsWhatIsDue_InTheOrderOfTime_AtItsOwnTime()
    {
        var start = Scheduler.Now;
        var seen = new List<(string, TimeSpan)>();
        Scheduler.Advanced.ScheduleOnce(TimeSpan.FromSeconds(3), () => seen.Add(("late", Scheduler.Now - start)));
        Scheduler.Advanced.ScheduleRepeatedly(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1), () => seen.Add(("often", Scheduler.Now - start)));

        Scheduler.AdvanceTo(start + TimeSpan.FromSeconds(3.5));

        Assert.Equal(
            [("often", TimeSpan.FromSeconds(1)), ("often", TimeSpan.FromSeconds(2)), ("late", TimeSpan.FromSeconds(3)), ("often", TimeSpan.FromSeconds(3))],
            seen);
        Assert.Equal(start + TimeSpan.FromSeconds(3.5), Scheduler.Now);
    }

    [Fact]
    public void Canceled_DoesNotRun()
    {
        var cancelable = new Cancelable(Sys.Scheduler.Advanced);
        Scheduler.ScheduleTellRepeatedly(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1), TestActor, "tick", ActorRefs.NoSender, cancelable);
        Scheduler.Advance(TimeSpan.FromSeconds(1));
        ExpectMsg("tick");

        cancelable.Cancel();
        Scheduler.Advance(TimeSpan.FromSeconds(10));

        ExpectNoMsg(TimeSpan.Zero);
    }

    [Fact]
    public void Timers_AndReceiveTimeout_FollowVirtualTime()
    {
        var actor = ActorOfAsTestActorRef(() => new Timed(TestActor));

        Scheduler.Advance(TimeSpan.FromMinutes(1));
        ExpectMsg("timer");
        Scheduler.Advance(TimeSpan.FromMinutes(1));
        ExpectMsg("timer");
        ExpectNoMsg(TimeSpan.Zero);
        actor.Tell("quiet");
        Scheduler.Advance(TimeSpan.FromMinutes(10));
        ExpectMsg("idle");
    }

    private sealed class Timed : ReceiveActor, IWithTimers
    {
        public Timed(IActorRef report)
        {
            Receive<string>(m => m == "timer", report.Tell);
            Receive<string>(_ =>
            {
                Timers.Cancel("key");
                Context.SetReceiveTimeout(TimeSpan.FromMinutes(10));
            });
            Receive<ReceiveTimeout>(_ =>
            {
                Context.SetReceiveTimeout(null);
                report.Tell("idle");
            });
        }

        public ITimerScheduler Timers { get; set; } = null!;

        protected override void PreStart() => Timers.StartPeriodicTimer("key", "timer", TimeSpan.FromMinutes(1));
    }
}
