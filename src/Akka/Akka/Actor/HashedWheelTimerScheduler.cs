using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;

namespace Akka.Actor;

/// <summary>
/// The scheduler in real time: one thread and a queue ordered by due time. It bears the name under which Akka.NET's configuration
/// knows its own.
/// </summary>
internal sealed class HashedWheelTimerScheduler : IScheduler, IAdvancedScheduler, IDisposable
{
    private const int CompactionMin = 1024;
    private readonly object _lock = new();
    private readonly ILoggingAdapter _log;
    private PriorityQueue<Entry, (long Due, long Order)> _queue = new();
    private long _order;
    private int _compactAt = CompactionMin;
    private bool _started;
    private bool _stopped;

    public HashedWheelTimerScheduler(Config scheduler, ILoggingAdapter log)
    {
        ArgumentNullException.ThrowIfNull(scheduler);
        _log = log;
    }

    public DateTimeOffset Now => DateTimeOffset.UtcNow;
    public TimeSpan MonotonicClock => Util.MonotonicClock.Elapsed;
    public TimeSpan HighResMonotonicClock => Util.MonotonicClock.Elapsed;
    public IAdvancedScheduler Advanced => this;

    public void ScheduleTellOnce(TimeSpan delay, ICanTell receiver, object message, IActorRef? sender) =>
        ScheduleTellOnce(delay, receiver, message, sender, null);

    public void ScheduleTellOnce(TimeSpan delay, ICanTell receiver, object message, IActorRef? sender, ICancelable? cancelable) =>
        Add(delay, null, () => receiver.Tell(message, sender), cancelable);

    public void ScheduleTellRepeatedly(TimeSpan initialDelay, TimeSpan interval, ICanTell receiver, object message, IActorRef? sender) =>
        ScheduleTellRepeatedly(initialDelay, interval, receiver, message, sender, null);

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

    public void Dispose()
    {
        lock (_lock)
        {
            _stopped = true;
            _queue.Clear();
            Monitor.PulseAll(_lock);
        }
    }

    private void Add(TimeSpan delay, TimeSpan? interval, Action action, ICancelable? cancelable)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        if (interval is { } step)
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(step, TimeSpan.Zero);
        }

        lock (_lock)
        {
            if (_stopped)
            {
                throw new SchedulerException("The scheduler has been shut down");
            }

            Enqueue(new Entry(action, cancelable, interval), MonotonicClock.Ticks + delay.Ticks);
            if (!_started)
            {
                _started = true;
                new Thread(Work) { IsBackground = true, Name = "akka.scheduler" }.Start();
            }
        }
    }

    private void Enqueue(Entry entry, long due)
    {
        if (_queue.Count >= _compactAt)
        {
            // What is cancelled long before it is due, such as receive timeouts, must not pile up until then.
            var live = _queue.UnorderedItems.Where(i => i.Element.Cancelable is not { IsCancellationRequested: true }).ToArray();
            _queue = new PriorityQueue<Entry, (long, long)>(live);
            _compactAt = Math.Max(CompactionMin, live.Length * 2);
        }

        _queue.Enqueue(entry, (due, _order++));
        if (_queue.Peek() == entry)
        {
            Monitor.Pulse(_lock);
        }
    }

    private void Work()
    {
        while (TakeDue() is { } entry)
        {
            try
            {
                entry.Action();
            }
            catch (Exception e)
            {
                _log.Error(e, "A scheduled action failed");
            }
        }
    }

    private Entry? TakeDue()
    {
        lock (_lock)
        {
            while (!_stopped)
            {
                if (!_queue.TryPeek(out var entry, out var key))
                {
                    Monitor.Wait(_lock);
                    continue;
                }

                var wait = TimeSpan.FromTicks(key.Due) - MonotonicClock;
                if (entry.Cancelable is { IsCancellationRequested: true })
                {
                    _queue.Dequeue();
                }
                else if (wait > TimeSpan.Zero)
                {
                    Monitor.Wait(_lock, (int)Math.Min(int.MaxValue, Math.Ceiling(wait.TotalMilliseconds)));
                }
                else
                {
                    _queue.Dequeue();
                    if (entry.Interval is { } interval)
                    {
                        // From the due time, not from now, so that a period keeps its rate; but without making up for a long pause.
                        Enqueue(entry, Math.Max(key.Due + interval.Ticks, MonotonicClock.Ticks));
                    }

                    return entry;
                }
            }

            return null;
        }
    }

    private sealed record Entry(Action Action, ICancelable? Cancelable, TimeSpan? Interval)
    {
        public bool Equals(Entry? other) => ReferenceEquals(this, other);
        public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
    }
}
