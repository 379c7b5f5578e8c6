namespace Akka.Actor;

/// <summary>What an actor asks for by interface: stash and timers; and the receive timeout.</summary>
internal sealed partial class ActorCell
{
    private TimerScheduler? _timers;
    private ICancelable? _receiveTimeoutTask;

    public void SetReceiveTimeout(TimeSpan? timeout)
    {
        if (timeout <= TimeSpan.Zero)
        {
            throw new ArgumentOutOfRangeException(nameof(timeout), timeout, "A receive timeout must be positive, or null for none");
        }

        ReceiveTimeout = timeout;
        CancelReceiveTimeout();
        ScheduleReceiveTimeout();
    }

    private void ScheduleReceiveTimeout()
    {
        if (ReceiveTimeout is { } timeout && !IsTerminated)
        {
            CancelReceiveTimeout();
            _receiveTimeoutTask = _system.Scheduler.ScheduleTellOnceCancelable(timeout, Self, Akka.Actor.ReceiveTimeout.Instance, Self);
        }
    }

    private void CancelReceiveTimeout()
    {
        _receiveTimeoutTask?.Cancel();
        _receiveTimeoutTask = null;
    }

    private void AttachPlugins(ActorBase actor)
    {
        if (actor is IActorStash stashing)
        {
            stashing.Stash = new Stash(this);
        }

        if (actor is IWithTimers timed)
        {
            timed.Timers = _timers = new TimerScheduler(this);
        }
    }

    private void ReleasePlugins(ActorBase actor)
    {
        _timers?.CancelAll();
        if (actor is IActorStash { Stash: { } stash })
        {
            // Back into the mailbox: for the next incarnation, or for the dead letters.
            stash.UnstashAll();
        }
    }
}
