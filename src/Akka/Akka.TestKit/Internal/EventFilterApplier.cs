using System.Diagnostics;
using Akka.Actor;

namespace Akka.TestKit.Internal;

internal sealed class EventFilterApplier : IEventFilterApplier
{
    private readonly TestKitBase _testKit;
    private readonly ActorSystem _system;
    private readonly EventFilter _filter;

    public EventFilterApplier(TestKitBase testKit, ActorSystem system, EventFilter filter)
    {
        _testKit = testKit;
        _system = system;
        _filter = filter;
    }

    public EventFilterFactory And => new(_testKit, _system, _filter);

    private TimeSpan Leeway => _testKit.Dilated(_testKit.TestKitSettings.TestEventFilterLeeway);

    public void ExpectOne(Action action, CancellationToken cancellationToken) => Expect(1, Leeway, action, cancellationToken);

    public void ExpectOne(TimeSpan timeout, Action action, CancellationToken cancellationToken) => Expect(1, timeout, action, cancellationToken);

    public T ExpectOne<T>(Func<T> func, CancellationToken cancellationToken) => Expect(1, func, cancellationToken);

    public Task ExpectOneAsync(Func<Task> actionAsync, CancellationToken cancellationToken) => ExpectAsync(1, Leeway, actionAsync, cancellationToken);

    public Task ExpectOneAsync(TimeSpan timeout, Func<Task> action, CancellationToken cancellationToken) =>
        ExpectAsync(1, timeout, action, cancellationToken);

    public Task ExpectOneAsync(Action action, CancellationToken cancellationToken) => ExpectOneAsync(
        () =>
        {
            action();
            return Task.CompletedTask;
        },
        cancellationToken);

    public void Expect(int expectedCount, Action action, CancellationToken cancellationToken) =>
        Expect(expectedCount, Leeway, action, cancellationToken);

    public void Expect(int expectedCount, TimeSpan timeout, Action action, CancellationToken cancellationToken)
    {
        using var count = new Count(this);
        action();
        var watch = Stopwatch.StartNew();
        while (!count.IsReached(expectedCount) && watch.Elapsed < timeout)
        {
            cancellationToken.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(5));
            cancellationToken.ThrowIfCancellationRequested();
        }

        count.Check(expectedCount, timeout);
    }

    public T Expect<T>(int expectedCount, Func<T> func, CancellationToken cancellationToken)
    {
        T result = default!;
        Expect(expectedCount, () => { result = func(); }, cancellationToken);
        return result;
    }

    public Task ExpectAsync(int expectedCount, Func<Task> actionAsync, CancellationToken cancellationToken) =>
        ExpectAsync(expectedCount, Leeway, actionAsync, cancellationToken);

    public async Task ExpectAsync(int expectedCount, TimeSpan timeout, Func<Task> action, CancellationToken cancellationToken)
    {
        using var count = new Count(this);
        await action();
        var watch = Stopwatch.StartNew();
        while (!count.IsReached(expectedCount) && watch.Elapsed < timeout)
        {
            await Task.Delay(5, cancellationToken);
        }

        count.Check(expectedCount, timeout);
    }

    public void Mute(Action action, CancellationToken cancellationToken)
    {
        using (Mute())
        {
            action();
        }
    }

    public T Mute<T>(Func<T> func, CancellationToken cancellationToken)
    {
        using (Mute())
        {
            return func();
        }
    }

    public async Task MuteAsync(Func<Task> action, CancellationToken cancellationToken)
    {
        using (Mute())
        {
            await action();
        }
    }

    public IUnmutableFilter Mute()
    {
        _system.EventStream.Publish(new Mute(_filter));
        return new Unmuting(_system, _filter);
    }

    private sealed class Unmuting(ActorSystem system, EventFilter filter) : IUnmutableFilter
    {
        public void Unmute() => system.EventStream.Publish(new Unmute(filter));

        public void Dispose() => Unmute();
    }

    private sealed class Count : IDisposable
    {
        private readonly EventFilterApplier _applier;
        private readonly IUnmutableFilter _mute;
        private int _seen;

        public Count(EventFilterApplier applier)
        {
            _applier = applier;
            applier._filter.Matched += Increment;
            _mute = applier.Mute();
        }

        public bool IsReached(int expected) => expected > 0 && Volatile.Read(ref _seen) >= expected;

        public void Check(int expected, TimeSpan timeout)
        {
            var seen = Volatile.Read(ref _seen);
            if (seen != expected)
            {
                _applier._testKit.Assertions.Fail(
                    "Expected {0} log event(s) matching {1} within {2}, but saw {3}", expected, _applier._filter.Description, timeout, seen);
            }
        }

        public void Dispose()
        {
            _mute.Dispose();
            _applier._filter.Matched -= Increment;
        }

        private void Increment() => Interlocked.Increment(ref _seen);
    }
}
