using Akka.Configuration;
using Akka.Event;

namespace Akka.Actor;

/// <summary>
/// The scheduler in real time: one thread and a queue ordered by due time. It bears the name under which Akka.NET's configuration
/// knows its own.
/// </summary>
internal sealed class HashedWheelTimerScheduler : SchedulerBase, IDisposable
{
    private const int CompactionMin = 1024;
    private readonly object _lock = new();
    private readonly ILoggingAdapter _log;
    private PriorityQueue<ScheduledAction, (TimeSpan Due, long Order)> _queue = new();
    private long _order;
    private int _compactAt = CompactionMin;
    private bool _stopped;

    public HashedWheelTimerScheduler(Config scheduler, ILoggingAdapter log)
    {
        ArgumentNullException.ThrowIfNull(scheduler);
        _log = log;
        new Thread(Work) { IsBackground = true, Name = "akka.scheduler" }.Start();
    }

    public override DateTimeOffset Now => DateTimeOffset.UtcNow;
    public override TimeSpan MonotonicClock => Util.MonotonicClock.Elapsed;

    public void Dispose()
    {
        lock (_lock)
        {
            _stopped = true;
            _queue.Clear();
            Monitor.PulseAll(_lock);
        }
    }

    internal override void Add(TimeSpan delay, ScheduledAction entry)
    {
        lock (_lock)
        {
            if (_stopped)
            {
                throw new SchedulerException("The scheduler has been shut down");
            }

            Enqueue(entry, MonotonicClock + delay);
        }
    }

    private void Enqueue(ScheduledAction entry, TimeSpan due)
    {
        if (_queue.Count >= _compactAt)
        {
            // What is cancelled long before it is due, such as receive timeouts, must not pile up until then.
            var live = _queue.UnorderedItems.Where(i => !i.Element.IsCancelled).ToArray();
            _queue = new(live);
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
                entry.Run();
            }
            catch (Exception e)
            {
                _log.Error(e, "A scheduled action failed");
            }
        }
    }

    private ScheduledAction? TakeDue()
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

                var wait = key.Due - MonotonicClock;
                if (!entry.IsCancelled && wait > TimeSpan.Zero)
                {
                    Monitor.Wait(_lock, (int)Math.Min(int.MaxValue, Math.Ceiling(wait.TotalMilliseconds)));
                    continue;
                }

                _queue.Dequeue();
                if (entry.IsCancelled)
                {
                    continue;
                }

                if (entry.Interval is { } interval)
                {
                    // From the due time, not from now, so that a period keeps its rate; but without making up for a long pause.
                    var next = key.Due + interval;
                    Enqueue(entry, next > MonotonicClock ? next : MonotonicClock);
                }

                return entry;
            }

            return null;
        }
    }
}
