namespace Akka.Actor;

/// <summary>An actor with timers, which send it messages and end with it. The property is set before the first message.</summary>
public interface IWithTimers
{
    ITimerScheduler Timers { get; set; }
}

public interface ITimerScheduler
{
    IReadOnlyCollection<object> ActiveTimers { get; }
    void StartPeriodicTimer(object key, object msg, TimeSpan interval);
    void StartPeriodicTimer(object key, object msg, TimeSpan interval, IActorRef sender);
    void StartPeriodicTimer(object key, object msg, TimeSpan initialDelay, TimeSpan interval);
    void StartPeriodicTimer(object key, object msg, TimeSpan initialDelay, TimeSpan interval, IActorRef sender);
    void StartSingleTimer(object key, object msg, TimeSpan timeout);
    void StartSingleTimer(object key, object msg, TimeSpan timeout, IActorRef sender);
    bool IsTimerActive(object key);
    void Cancel(object key);
    void CancelAll();
}

internal sealed class TimerScheduler(ActorCell cell) : ITimerScheduler
{
    private readonly Dictionary<object, Timer> _timers = [];
    private long _generation;
    public IReadOnlyCollection<object> ActiveTimers => _timers.Keys;
    public void StartPeriodicTimer(object key, object msg, TimeSpan interval) => Start(key, msg, interval, interval, null);
    public void StartPeriodicTimer(object key, object msg, TimeSpan interval, IActorRef sender) => Start(key, msg, interval, interval, sender);
    public void StartPeriodicTimer(object key, object msg, TimeSpan initialDelay, TimeSpan interval) => Start(key, msg, initialDelay, interval, null);

    public void StartPeriodicTimer(object key, object msg, TimeSpan initialDelay, TimeSpan interval, IActorRef sender) =>
        Start(key, msg, initialDelay, interval, sender);

    public void StartSingleTimer(object key, object msg, TimeSpan timeout) => Start(key, msg, timeout, null, null);
    public void StartSingleTimer(object key, object msg, TimeSpan timeout, IActorRef sender) => Start(key, msg, timeout, null, sender);
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
        if (!ReferenceEquals(message.Owner, this) || !_timers.TryGetValue(message.Key, out var timer) || timer.Generation != message.Generation)
        {
            return null;
        }

        if (!timer.Repeats)
        {
            _timers.Remove(message.Key);
        }

        return message.Content;
    }

    private void Start(object key, object message, TimeSpan delay, TimeSpan? interval, IActorRef? sender)
    {
        Cancel(key);
        var generation = ++_generation;
        var content = new TimerMessage(this, key, generation, message);
        var scheduler = cell.System.Scheduler;
        var from = sender ?? cell.Self;
        var task = interval is { } period
            ? scheduler.ScheduleTellRepeatedlyCancelable(delay, period, cell.Self, content, from)
            : scheduler.ScheduleTellOnceCancelable(delay, cell.Self, content, from);
        _timers[key] = new Timer(task, generation, interval.HasValue);
    }

    private sealed record Timer(ICancelable Task, long Generation, bool Repeats);

    internal sealed class TimerMessage(TimerScheduler owner, object key, long generation, object content)
        : INoSerializationVerificationNeeded, Event.IDeadLetterSuppression
    {
        public TimerScheduler Owner { get; } = owner;
        public object Key { get; } = key;
        public long Generation { get; } = generation;
        public object Content { get; } = content;
    }
}
