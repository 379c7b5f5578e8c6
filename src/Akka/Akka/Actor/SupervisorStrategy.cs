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

public static class Decider
{
    public static LocalOnlyDecider From(Func<Exception, Directive> localOnlyDecider) => new(localOnlyDecider);
}

public abstract class SupervisorStrategyConfigurator
{
    public abstract SupervisorStrategy Create();

    public static SupervisorStrategyConfigurator CreateConfigurator(string typeName) =>
        TypeNames.Create<SupervisorStrategyConfigurator>(TypeNames.Load(typeName, "guardian-supervisor-strategy"));
}

public class DefaultSupervisorStrategy : SupervisorStrategyConfigurator
{
    public override SupervisorStrategy Create() => SupervisorStrategy.DefaultStrategy;
}

public class StoppingSupervisorStrategy : SupervisorStrategyConfigurator
{
    public override SupervisorStrategy Create() => SupervisorStrategy.StoppingStrategy;
}

/// <summary>What a parent does about the failure of a child.</summary>
public abstract class SupervisorStrategy
{
    public static readonly IDecider DefaultDecider = Actor.Decider.From(static cause => cause switch
    {
        ActorInitializationException or ActorKilledException or DeathPactException => Directive.Stop,
        _ => Directive.Restart,
    });

    public static readonly SupervisorStrategy DefaultStrategy = new OneForOneStrategy(DefaultDecider);
    public static readonly OneForOneStrategy StoppingStrategy = new(static _ => Directive.Stop);
    public abstract IDecider Decider { get; }
    protected bool LoggingEnabled { get; set; } = true;

    /// <summary>Carries the decision out; false if it is to escalate.</summary>
    internal bool HandleFailure(ActorCell parent, ChildRestartStats stats, Exception cause, ChildRestartStats[] children)
    {
        var directive = Handle(stats.Child, cause);
        LogFailure(parent, stats.Child, cause, directive);
        switch (directive)
        {
            case Directive.Resume:
                stats.Child.Resume(cause);
                return true;
            case Directive.Restart:
                ProcessFailure(parent, restart: true, stats, cause, children);
                return true;
            case Directive.Stop:
                ProcessFailure(parent, restart: false, stats, cause, children);
                return true;
            default:
                return false;
        }
    }

    internal virtual void HandleChildTerminated(ActorCell parent, IActorRef child, IInternalActorRef[] children) { }
    internal abstract void ProcessFailure(ActorCell parent, bool restart, ChildRestartStats stats, Exception cause, ChildRestartStats[] children);
    protected abstract Directive Handle(IActorRef child, Exception exception);

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
        : this(maxNrOfRetries, withinTimeRange, Actor.Decider.From(localOnlyDecider)) { }

    public OneForOneStrategy(int? maxNrOfRetries, TimeSpan? withinTimeRange, IDecider decider)
        : this(maxNrOfRetries ?? -1, (int)(withinTimeRange?.TotalMilliseconds ?? -1), decider) { }

    public OneForOneStrategy(int maxNrOfRetries, int withinTimeMilliseconds, Func<Exception, Directive> localOnlyDecider, bool loggingEnabled = true)
        : this(maxNrOfRetries, withinTimeMilliseconds, Actor.Decider.From(localOnlyDecider), loggingEnabled) { }

    public OneForOneStrategy(int maxNrOfRetries, int withinTimeMilliseconds, IDecider decider, bool loggingEnabled = true)
    {
        MaxNumberOfRetries = maxNrOfRetries;
        WithinTimeRangeMilliseconds = withinTimeMilliseconds;
        Decider = decider;
        LoggingEnabled = loggingEnabled;
    }

    public OneForOneStrategy(Func<Exception, Directive> localOnlyDecider) : this(-1, -1, localOnlyDecider) { }
    public OneForOneStrategy(IDecider decider) : this(-1, -1, decider) { }
    public int MaxNumberOfRetries { get; }
    public int WithinTimeRangeMilliseconds { get; }
    public override IDecider Decider { get; }

    internal override void ProcessFailure(ActorCell parent, bool restart, ChildRestartStats stats, Exception cause, ChildRestartStats[] children)
    {
        if (restart && stats.RequestRestart(MaxNumberOfRetries, WithinTimeRangeMilliseconds))
        {
            stats.Child.Restart(cause);
        }
        else
        {
            parent.Stop(stats.Child);
        }
    }

    protected override Directive Handle(IActorRef child, Exception exception) => Decider.Decide(exception);
}

/// <summary>Applies the decision to all children when one of them fails.</summary>
public class AllForOneStrategy : SupervisorStrategy
{
    public AllForOneStrategy(int? maxNrOfRetries, TimeSpan? withinTimeRange, Func<Exception, Directive> localOnlyDecider)
        : this(maxNrOfRetries ?? -1, (int)(withinTimeRange?.TotalMilliseconds ?? -1), localOnlyDecider) { }

    public AllForOneStrategy(int maxNrOfRetries, int withinTimeMilliseconds, Func<Exception, Directive> localOnlyDecider, bool loggingEnabled = true)
    {
        MaxNumberOfRetries = maxNrOfRetries;
        WithinTimeRangeMilliseconds = withinTimeMilliseconds;
        Decider = Actor.Decider.From(localOnlyDecider);
        LoggingEnabled = loggingEnabled;
    }

    public AllForOneStrategy(Func<Exception, Directive> localOnlyDecider) : this(-1, -1, localOnlyDecider) { }
    public int MaxNumberOfRetries { get; }
    public int WithinTimeRangeMilliseconds { get; }
    public override IDecider Decider { get; }

    internal override void ProcessFailure(ActorCell parent, bool restart, ChildRestartStats stats, Exception cause, ChildRestartStats[] children)
    {
        var allowed = restart && Array.TrueForAll(children, c => c.RequestRestart(MaxNumberOfRetries, WithinTimeRangeMilliseconds));
        foreach (var child in children)
        {
            if (!allowed)
            {
                parent.Stop(child.Child);
                continue;
            }

            if (!ReferenceEquals(child, stats))
            {
                // The one that failed is suspended already; a restart ends one suspension.
                child.Child.Suspend();
            }

            child.Child.Restart(cause);
        }
    }

    protected override Directive Handle(IActorRef child, Exception exception) => Decider.Decide(exception);
}
