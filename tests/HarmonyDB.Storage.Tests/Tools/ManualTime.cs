namespace HarmonyDB.Storage.Tests.Tools;

/// <summary>A clock that stands still until it is told to go on to the next timer.</summary>
internal sealed class ManualTime : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<Timer> _timers = [];
    private long _ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    internal TimeSpan Elapsed => TimeSpan.FromTicks(Volatile.Read(ref _ticks));

    public override long GetTimestamp() => Volatile.Read(ref _ticks);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves on to the timer that is due first and runs it.</summary>
    /// <returns>False if nobody waits for one.</returns>
    internal bool TryRunNextTimer()
    {
        Timer? next;
        lock (_gate)
        {
            next = _timers.MinBy(timer => timer.DueTicks);
            if (next is null)
            {
                return false;
            }

            _timers.Remove(next);
            _ticks = Math.Max(_ticks, next.DueTicks);
        }

        next.Run();
        return true;
    }

    private sealed class Timer(ManualTime time, TimerCallback callback, object? state) : ITimer
    {
        internal long DueTicks { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._gate)
            {
                time._timers.Remove(this);
                if (dueTime >= TimeSpan.Zero)
                {
                    DueTicks = time._ticks + dueTime.Ticks;
                    time._timers.Add(this);
                }
            }

            return true;
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        internal void Run() => callback(state);
    }
}
