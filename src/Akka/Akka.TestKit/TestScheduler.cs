using Akka.Actor;
using Akka.Configuration;
using Akka.Event;

namespace Akka.TestKit;

/// <summary>A scheduler whose time stands still until <see cref="Advance"/>, which runs what falls due, in order of time, on the caller's thread.</summary>
public class TestScheduler : SchedulerBase
{
    private readonly object _lock = new();
    private readonly PriorityQueue<ScheduledAction, (DateTimeOffset Due, long Sequence)> _entries = new();
    private readonly DateTimeOffset _start = DateTimeOffset.UtcNow;
    private DateTimeOffset _now;
    private long _sequence;

    public TestScheduler(Config schedulerConfig, ILoggingAdapter log) => _now = _start;

    public override DateTimeOffset Now
    {
        get
        {
            lock (_lock)
            {
                return _now;
            }
        }
    }

    public override TimeSpan MonotonicClock => Now - _start;
    public void Advance(TimeSpan offset) => AdvanceTo(Now + offset);

    public void AdvanceTo(DateTimeOffset when)
    {
        if (when < Now)
        {
            throw new InvalidOperationException("Time only moves forward");
        }

        while (TakeDue(when) is { } entry)
        {
            if (entry.IsCancelled)
            {
                continue;
            }

            entry.Run();
            if (entry.Interval is { } interval)
            {
                Add(interval, entry);
            }
        }
    }

    internal override void Add(TimeSpan delay, ScheduledAction entry)
    {
        lock (_lock)
        {
            _entries.Enqueue(entry, (_now + delay, _sequence++));
        }
    }

    private ScheduledAction? TakeDue(DateTimeOffset until)
    {
        lock (_lock)
        {
            if (!_entries.TryPeek(out _, out var order) || order.Due > until)
            {
                _now = until;
                return null;
            }

            // What runs sees the time it was due, also in the middle of a long leap.
            _now = order.Due > _now ? order.Due : _now;
            return _entries.Dequeue();
        }
    }
}
