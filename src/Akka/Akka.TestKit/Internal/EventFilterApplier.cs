using Akka.Actor;
using Akka.Event;

namespace Akka.TestKit.Internal;

internal sealed class EventFilterApplier(TestKitBase testKit, ActorSystem system, string description, Func<LogEvent, bool> isMatch) : IEventFilterApplier
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(5);
    public string Description => description;
    public Func<LogEvent, bool> IsMatch => isMatch;
    public EventFilterFactory And => new(testKit, system, this);
    private TimeSpan Leeway => testKit.Dilated(testKit.TestKitSettings.TestEventFilterLeeway);
    public void ExpectOne(Action action, CancellationToken cancellationToken) => Expect(1, Leeway, action, cancellationToken);
    public void ExpectOne(TimeSpan timeout, Action action, CancellationToken cancellationToken) => Expect(1, timeout, action, cancellationToken);
    public Task ExpectOneAsync(Func<Task> actionAsync, CancellationToken cancellationToken) => ExpectAsync(1, actionAsync, cancellationToken);
    public void Expect(int expectedCount, Action action, CancellationToken cancellationToken) => Expect(expectedCount, Leeway, action, cancellationToken);

    public void Expect(int expectedCount, TimeSpan timeout, Action action, CancellationToken cancellationToken) =>
        TestKitBase.Complete(CountAsync(expectedCount, timeout, TestKitBase.Completed(action), true, cancellationToken));

    public Task ExpectAsync(int expectedCount, Func<Task> actionAsync, CancellationToken cancellationToken) =>
        CountAsync(expectedCount, Leeway, actionAsync, false, cancellationToken).AsTask();

    public void Mute(Action action, CancellationToken cancellationToken)
    {
        using (new Muting(system, isMatch))
        {
            action();
        }
    }

    private async ValueTask<bool> CountAsync(int expected, TimeSpan timeout, Func<Task> action, bool blocking, CancellationToken cancellationToken)
    {
        var seen = 0;
        using (new Muting(system, e => isMatch(e) && Interlocked.Increment(ref seen) > 0))
        {
            await action();
            var end = TestKitBase.Now + timeout;
            while ((expected == 0 || Volatile.Read(ref seen) < expected) && TestKitBase.Now < end)
            {
                await TestKitBase.PauseAsync(end, PollInterval, blocking, cancellationToken);
            }
        }

        var count = Volatile.Read(ref seen);
        testKit.Assertions.AssertTrue(
            count == expected, "Expected {0} log event(s) matching {1} within {2}, but saw {3}", expected, description, timeout, count);
        return true;
    }

    private sealed class Muting : IDisposable
    {
        private readonly ActorSystem _system;
        private readonly Func<LogEvent, bool> _isMatch;

        public Muting(ActorSystem system, Func<LogEvent, bool> isMatch)
        {
            (_system, _isMatch) = (system, isMatch);
            system.EventStream.Publish(new Mute(isMatch));
        }

        public void Dispose() => _system.EventStream.Publish(new Unmute(_isMatch));
    }
}
