using Akka.Dispatch.SysMsg;

namespace Akka.Actor;

/// <summary>Life and death: creation, suspension, restart and stop, and what a failure leads to.</summary>
internal sealed partial class ActorCell
{
    private readonly List<ISystemMessage> _waiting = [];
    private IActorRef? _perpetrator;
    private Exception? _recreateCause;
    private Failed? _failing;
    private SupervisorStrategy? _strategy;
    private SupervisorStrategy Strategy => _strategy ??= Actor?.CreateStrategy() ?? Props.SupervisorStrategy ?? SupervisorStrategy.DefaultStrategy;
    private bool IsFailed => _perpetrator is not null;

    public void SystemInvoke(ISystemMessage message)
    {
        // While the children are being stopped for a restart, what would interfere with it waits.
        if (message is IWaitsForChildren && _terminating is TerminationReason.Restart or TerminationReason.Creation)
        {
            _waiting.Add(message);
            return;
        }

        try
        {
            Handle(message);
        }
        catch (Exception e)
        {
            HandleInvokeFailure(e);
        }

        while (_waiting.Count > 0 && _terminating is null or TerminationReason.Stop && !IsTerminated)
        {
            var next = _waiting[0];
            _waiting.RemoveAt(0);
            SystemInvoke(next);
        }
    }

    private void Handle(ISystemMessage message)
    {
        switch (message)
        {
            case Dispatch.SysMsg.Create:
                Create();
                break;
            case Recreate recreate:
                FaultRecreate(recreate.Cause);
                break;
            case Suspend:
                _mailbox.Suspend();
                SuspendChildren(null);
                break;
            case Resume resume:
                FaultResume(resume.CausedByFailure);
                break;
            case Dispatch.SysMsg.Terminate:
                Terminate();
                break;
            case Failed failed:
                HandleFailed(failed);
                break;
            case Watch watch:
                _watchedBy.Add(watch.Watcher);
                break;
            case Unwatch unwatch:
                _watchedBy.Remove(unwatch.Watcher);
                break;
            case DeathWatchNotification notification:
                WatchedActorTerminated(notification.Actor, notification.ExistenceConfirmed);
                break;
            case Continuation continuation:
                continuation.Callback(continuation.State);
                break;
            default:
                throw new NotSupportedException($"Unknown system message {message.GetType().Name}");
        }
    }

    private void FaultRecreate(Exception cause)
    {
        if (Actor is null)
        {
            // It failed in its constructor or PreStart: there is nothing to restart, it begins anew.
            FaultCreate();
            return;
        }

        if (_terminating is not null)
        {
            FaultResume(null);
            return;
        }

        var failed = Actor;
        var message = _currentMessage.Message;
        try
        {
            failed.AroundPreRestart(cause, message);
        }
        catch (Exception e)
        {
            PublishError(e, $"PreRestart because of {cause.GetType().Name} failed: {e.Message}");
        }
        finally
        {
            ReleasePlugins(failed);
            AbandonTask();
            _currentMessage = default;
        }

        _recreateCause = cause;
        if (!WaitForChildren(TerminationReason.Restart))
        {
            FinishRecreate(cause, failed);
        }
    }

    private void FinishRecreate(Exception cause, ActorBase? failed)
    {
        var survivors = GetChildren();
        try
        {
            _recreateCause = null;
            _perpetrator = null;
            _strategy = null;
            failed?.Clear(Self);
            NewActor();
            Actor!.AroundPostRestart(cause, null!);
            // The mailbox opens only when the new instance is ready; all that came meanwhile is still in it.
            _mailbox.Resume();
            ScheduleReceiveTimeout();
            foreach (var child in survivors)
            {
                child.Restart(cause);
            }
        }
        catch (Exception e)
        {
            ClearActor();
            _mailbox.Resume();
            HandleInvokeFailure(new PostRestartException(Self, e, cause), survivors);
        }
    }

    private void FaultCreate()
    {
        CancelReceiveTimeout();
        foreach (var child in GetChildren())
        {
            Stop(child);
        }

        if (!WaitForChildren(TerminationReason.Creation))
        {
            FinishCreate();
        }
    }

    private void FinishCreate()
    {
        _mailbox.Resume();
        _perpetrator = null;
        try
        {
            Create();
        }
        catch (Exception e)
        {
            HandleInvokeFailure(e);
        }
    }

    private void FaultResume(Exception? causedByFailure)
    {
        if (Actor is null && _terminating is null)
        {
            FaultCreate();
            return;
        }

        var perpetrator = _perpetrator;
        _mailbox.Resume();
        if (causedByFailure is not null)
        {
            _perpetrator = null;
        }

        foreach (var child in GetChildren())
        {
            // Only the child whose failure it was resumes "because of" it.
            child.Resume(child.Equals(perpetrator) ? causedByFailure : null);
        }
    }

    private void Terminate()
    {
        ReceiveTimeout = null;
        CancelReceiveTimeout();
        UnwatchAll();
        var wasTerminating = IsTerminating;
        lock (_childrenLock)
        {
            _terminating = TerminationReason.Stop;
        }

        foreach (var child in GetChildren())
        {
            Stop(child);
        }

        if (!WaitForChildren(TerminationReason.Stop))
        {
            FinishTerminate();
        }
        else if (!wasTerminating)
        {
            _mailbox.Suspend();
            // A failure from here on is nobody's business any more.
            _perpetrator = Self;
        }
    }

    private void FinishTerminate()
    {
        if (IsTerminated)
        {
            return;
        }

        var actor = Actor;
        try
        {
            actor?.AroundPostStop();
        }
        catch (Exception e)
        {
            PublishError(e, e.Message);
        }

        if (actor is not null)
        {
            ReleasePlugins(actor);
        }

        AbandonTask();
        // First no message may come in any more, then the death is announced: Terminated is the last that is heard of this actor.
        _mailbox.Close();
        Dispatcher.Detach();
        Parent.SendSystemMessage(new DeathWatchNotification(Self, ExistenceConfirmed: true));
        TellWatchersWeDied();
        UnwatchAll();
        ClearActor();
    }

    public void HandleInvokeFailure(Exception cause, IInternalActorRef[]? notToSuspend = null)
    {
        if (IsFailed || IsTerminated)
        {
            return;
        }

        // The failure of a child that is escalated leaves that child as it is: it is suspended already.
        var escalated = _failing?.Child;
        _mailbox.Suspend();
        _perpetrator = escalated ?? Self;
        SuspendChildren(escalated, notToSuspend);
        Parent.SendSystemMessage(new Failed(Self, cause));
    }

    private void SuspendChildren(IActorRef? except, IInternalActorRef[]? others = null)
    {
        foreach (var child in GetChildren().Except(others ?? []).Where(c => !c.Equals(except)))
        {
            child.Suspend();
        }
    }

    private void HandleFailed(Failed failed)
    {
        if (StatsOf(failed.Child) is not { } stats)
        {
            // An earlier incarnation, or one that stopped meanwhile.
            return;
        }

        _failing = failed;
        try
        {
            if (Actor is null || !Strategy.HandleFailure(this, stats, failed.Cause, AllStats()))
            {
                HandleInvokeFailure(failed.Cause);
            }
        }
        catch (Exception e)
        {
            HandleInvokeFailure(e);
        }
        finally
        {
            _failing = null;
        }
    }
}
