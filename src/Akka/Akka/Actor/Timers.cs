namespace Akka.Actor;

/// <summary>An actor with timers, which send it messages and end with it. The property is set before the first message.</summary>
public interface IWithTimers
{
    ITimerScheduler Timers { get; set; }
}

public interface ITimerScheduler
{
    void StartPeriodicTimer(object key, object msg, TimeSpan interval);
    void StartPeriodicTimer(object key, object msg, TimeSpan initialDelay, TimeSpan interval);
    void StartSingleTimer(object key, object msg, TimeSpan timeout);
    bool IsTimerActive(object key);
    void Cancel(object key);
    void CancelAll();
}

internal sealed class TimerScheduler(ActorCell cell) : ITimerScheduler
{
    private readonly Dictionary<object, Timer> _timers = [];
    public void StartPeriodicTimer(object key, object msg, TimeSpan interval) => Start(key, msg, interval, interval);
    public void StartPeriodicTimer(object key, object msg, TimeSpan initialDelay, TimeSpan interval) => Start(key, msg, initialDelay, interval);
    public void StartSingleTimer(object key, object msg, TimeSpan timeout) => Start(key, msg, timeout, null);
    public bool IsTimerActive(object key) => _timers.ContainsKey(key);

    public void Cancel(object key)
    {
        if (_timers.Remove(key, out var timer))
        {
            timer.Task.Cancel();
        }
    }

    public void CancelAll()
    {
        foreach (var timer in _timers.Values)
        {
            timer.Task.Cancel();
        }

        _timers.Clear();
    }

    /// <summary>
    /// The content of a timer's message; null if the timer has been cancelled or replaced since, perhaps while the message
    /// already was in the mailbox.
    /// </summary>
    public object? Accept(TimerMessage message)
    {
        if (!_timers.TryGetValue(message.Key, out var timer) || timer.Message != message)
        {
            return null;
        }

        if (!timer.Repeats)
        {
            _timers.Remove(message.Key);
        }

        return message.Content;
    }

    private void Start(object key, object content, TimeSpan delay, TimeSpan? interval)
    {
        Cancel(key);
        var message = new TimerMessage(key, content);
        var scheduler = cell.System.Scheduler;
        var task = interval is { } period
            ? scheduler.ScheduleTellRepeatedlyCancelable(delay, period, cell.Self, message, cell.Self)
            : scheduler.ScheduleTellOnceCancelable(delay, cell.Self, message, cell.Self);
        _timers[key] = new Timer(task, message, interval.HasValue);
    }

    private sealed record Timer(ICancelable Task, TimerMessage Message, bool Repeats);

    /// <summary>What one start of a timer sends, known by its identity.</summary>
    internal sealed class TimerMessage(object key, object content) : Event.IDeadLetterSuppression
    {
        public object Key => key;
        public object Content => content;
    }
}
