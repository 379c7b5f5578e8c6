using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;

namespace Akka.TestKit;

/// <summary>A scheduler whose time stands still until <see cref="Advance"/>, which runs what falls due, in order of time, on the caller's thread.</summary>
public class TestScheduler : IScheduler, IAdvancedScheduler
{
    private readonly object _lock = new();
    private readonly PriorityQueue<Entry, (DateTimeOffset Due, long Sequence)> _entries = new();
    private readonly DateTimeOffset _start;
    private DateTimeOffset _now;
    private long _sequence;

    public TestScheduler(Config schedulerConfig, ILoggingAdapter log)
    {
        _start = DateTimeOffset.UtcNow;
        _now = _start;
    }

    private sealed record Entry(Action Action, TimeSpan? Interval, ICancelable? Cancelable);

    public DateTimeOffset Now
    {
        get
        {
            lock (_lock)
            {
                return _now;
            }
        }
    }

    protected DateTimeOffset TimeNow => Now;

    public TimeSpan MonotonicClock => Now - _start;

    public TimeSpan HighResMonotonicClock => Now - _start;

    public IAdvancedScheduler Advanced => this;

    public void Advance(TimeSpan offset)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(offset, TimeSpan.Zero);
        RunUntil(Now + offset);
    }

    public void AdvanceTo(DateTimeOffset when)
    {
        if (when < Now)
        {
            throw new InvalidOperationException("Time only moves forward");
        }

        RunUntil(when);
    }

    private void RunUntil(DateTimeOffset until)
    {
        while (true)
        {
            Entry entry;
            lock (_lock)
            {
                if (!_entries.TryPeek(out entry!, out var order) || order.Due > until)
                {
                    _now = until;
                    return;
                }

                _entries.Dequeue();
                // What runs sees the time it was due, also in the middle of a long leap.
                _now = order.Due > _now ? order.Due : _now;
            }

            if (entry.Cancelable is { IsCancellationRequested: true })
            {
                continue;
            }

            entry.Action();
            if (entry.Interval is { } interval)
            {
                Add(interval, entry);
            }
        }
    }

    private void Add(TimeSpan delay, Entry entry)
    {
        lock (_lock)
        {
            _entries.Enqueue(entry, (_now + delay, _sequence++));
        }
    }

    private void Add(TimeSpan delay, TimeSpan? interval, Action action, ICancelable? cancelable)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        if (interval is { } every)
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(every, TimeSpan.Zero, nameof(interval));
        }

        Add(delay, new Entry(action, interval, cancelable));
    }

    public void ScheduleTellOnce(TimeSpan delay, ICanTell receiver, object message, IActorRef? sender) =>
        Add(delay, null, () => receiver.Tell(message, sender), null);

    public void ScheduleTellOnce(TimeSpan delay, ICanTell receiver, object message, IActorRef? sender, ICancelable? cancelable) =>
        Add(delay, null, () => receiver.Tell(message, sender), cancelable);

    public void ScheduleTellRepeatedly(TimeSpan initialDelay, TimeSpan interval, ICanTell receiver, object message, IActorRef? sender) =>
        Add(initialDelay, interval, () => receiver.Tell(message, sender), null);

    public void ScheduleTellRepeatedly(
        TimeSpan initialDelay, TimeSpan interval, ICanTell receiver, object message, IActorRef? sender, ICancelable? cancelable) =>
        Add(initialDelay, interval, () => receiver.Tell(message, sender), cancelable);

    public void ScheduleOnce(TimeSpan delay, Action action, ICancelable? cancelable) => Add(delay, null, action, cancelable);

    public void ScheduleOnce(TimeSpan delay, Action action) => Add(delay, null, action, null);

    public void ScheduleOnce(TimeSpan delay, IRunnable action, ICancelable? cancelable) => Add(delay, null, action.Run, cancelable);

    public void ScheduleOnce(TimeSpan delay, IRunnable action) => Add(delay, null, action.Run, null);

    public void ScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, Action action, ICancelable? cancelable) =>
        Add(initialDelay, interval, action, cancelable);

    public void ScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, Action action) => Add(initialDelay, interval, action, null);

    public void ScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, IRunnable action, ICancelable? cancelable) =>
        Add(initialDelay, interval, action.Run, cancelable);

    public void ScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, IRunnable action) => Add(initialDelay, interval, action.Run, null);
}
