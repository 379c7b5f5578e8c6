using Akka.Event;
using Akka.Util;

namespace Akka.Actor;

public enum Directive
{
    Resume = 0,
    Restart = 1,
    Escalate = 2,
    Stop = 3,
}

public interface IDecider
{
    Directive Decide(Exception cause);
}

public class LocalOnlyDecider(Func<Exception, Directive> decider) : IDecider
{
    public Directive Decide(Exception cause) => decider(cause);
}

/// <summary>What a parent does about the failure of a child.</summary>
public abstract class SupervisorStrategy
{
    public static readonly IDecider DefaultDecider = new LocalOnlyDecider(static cause => cause switch
    {
        ActorInitializationException or ActorKilledException or DeathPactException => Directive.Stop,
        _ => Directive.Restart,
    });

    public static readonly SupervisorStrategy DefaultStrategy = new OneForOneStrategy(DefaultDecider);
    public static readonly OneForOneStrategy StoppingStrategy = new(static _ => Directive.Stop);
    private readonly int _restartsMax;
    private readonly int _windowMilliseconds;

    private protected SupervisorStrategy(int restartsMax, int windowMilliseconds, IDecider decider, bool loggingEnabled)
    {
        _restartsMax = restartsMax;
        _windowMilliseconds = windowMilliseconds;
        Decider = decider;
        LoggingEnabled = loggingEnabled;
    }

    public IDecider Decider { get; }
    protected bool LoggingEnabled { get; set; }

    /// <summary>Carries the decision out; false if it is to escalate.</summary>
    internal bool HandleFailure(ActorCell parent, ChildRestartStats stats, Exception cause, ChildRestartStats[] children)
    {
        var directive = Decider.Decide(cause);
        LogFailure(parent, stats.Child, cause, directive);
        switch (directive)
        {
            case Directive.Resume:
                stats.Child.Resume(cause);
                return true;
            case Directive.Restart or Directive.Stop:
                RestartOrStop(parent, directive == Directive.Restart, stats, cause, children);
                return true;
            default:
                return false;
        }
    }

    private protected abstract void RestartOrStop(ActorCell parent, bool restart, ChildRestartStats failed, Exception cause, ChildRestartStats[] children);
    private protected bool MayRestart(ChildRestartStats child) => child.RequestRestart(_restartsMax, _windowMilliseconds);

    protected virtual void LogFailure(IActorContext context, IActorRef child, Exception cause, Directive directive)
    {
        if (!LoggingEnabled)
        {
            return;
        }

        var source = child.Path.ToString();
        var reported = cause is ActorInitializationException { InnerException: { } inner } ? inner : cause;
        LogEvent logEvent = directive switch
        {
            Directive.Resume => new Warning(reported, source, GetType(), reported.Message),
            Directive.Escalate => new Debug(reported, source, GetType(), reported.Message),
            _ => new Error(reported, source, GetType(), reported.Message),
        };
        context.System.EventStream.Publish(logEvent);
    }
}

/// <summary>A child, and how often it was restarted within the current window.</summary>
internal sealed class ChildRestartStats(IInternalActorRef child)
{
    private int _restarts;
    private TimeSpan _windowStart;
    public IInternalActorRef Child { get; } = child;

    /// <summary>Counts a restart, if one more is allowed. -1 stands for no bound; a bound of 0 allows none.</summary>
    public bool RequestRestart(int restartsMax, int windowMilliseconds)
    {
        if (restartsMax < 0 && windowMilliseconds <= 0)
        {
            return true;
        }

        if (restartsMax == 0)
        {
            return false;
        }

        var now = MonotonicClock.Elapsed;
        // A window without a bound allows one restart in it.
        var max = restartsMax < 0 ? 1 : restartsMax;
        if (_restarts == 0 || (windowMilliseconds > 0 && now - _windowStart > TimeSpan.FromMilliseconds(windowMilliseconds)))
        {
            _restarts = 0;
            _windowStart = now;
        }

        return ++_restarts <= max;
    }
}

/// <summary>Applies the decision to the child that failed.</summary>
public class OneForOneStrategy : SupervisorStrategy
{
    public OneForOneStrategy(int? maxNrOfRetries, TimeSpan? withinTimeRange, Func<Exception, Directive> localOnlyDecider)
        : this(maxNrOfRetries ?? -1, (int)(withinTimeRange?.TotalMilliseconds ?? -1), localOnlyDecider) { }

    public OneForOneStrategy(int maxNrOfRetries, int withinTimeMilliseconds, Func<Exception, Directive> localOnlyDecider, bool loggingEnabled = true)
        : base(maxNrOfRetries, withinTimeMilliseconds, new LocalOnlyDecider(localOnlyDecider), loggingEnabled) { }

    public OneForOneStrategy(Func<Exception, Directive> localOnlyDecider) : this(-1, -1, localOnlyDecider) { }
    public OneForOneStrategy(IDecider decider) : base(-1, -1, decider, loggingEnabled: true) { }

    private protected override void RestartOrStop(ActorCell parent, bool restart, ChildRestartStats failed, Exception cause, ChildRestartStats[] children)
    {
        if (restart && MayRestart(failed))
        {
            failed.Child.Restart(cause);
        }
        else
        {
            parent.Stop(failed.Child);
        }
    }
}

/// <summary>Applies the decision to all children when one of them fails.</summary>
public class AllForOneStrategy : SupervisorStrategy
{
    public AllForOneStrategy(int? maxNrOfRetries, TimeSpan? withinTimeRange, Func<Exception, Directive> localOnlyDecider)
        : this(maxNrOfRetries ?? -1, (int)(withinTimeRange?.TotalMilliseconds ?? -1), localOnlyDecider) { }

    public AllForOneStrategy(int maxNrOfRetries, int withinTimeMilliseconds, Func<Exception, Directive> localOnlyDecider, bool loggingEnabled = true)
        : base(maxNrOfRetries, withinTimeMilliseconds, new LocalOnlyDecider(localOnlyDecider), loggingEnabled) { }

    public AllForOneStrategy(Func<Exception, Directive> localOnlyDecider) : this(-1, -1, localOnlyDecider) { }

    private protected override void RestartOrStop(ActorCell parent, bool restart, ChildRestartStats failed, Exception cause, ChildRestartStats[] children)
    {
        var allowed = restart && Array.TrueForAll(children, MayRestart);
        foreach (var child in children)
        {
            if (!allowed)
            {
                parent.Stop(child.Child);
                continue;
            }

            if (child != failed)
            {
                // The one that failed is suspended already; a restart ends one suspension.
                child.Child.Suspend();
            }

            child.Child.Restart(cause);
        }
    }
}
