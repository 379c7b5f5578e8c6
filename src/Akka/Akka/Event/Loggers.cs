using Akka.Actor;

namespace Akka.Event;

/// <summary>Prints to the console. Base of loggers that print elsewhere.</summary>
public class DefaultLogger : ActorBase
{
    protected override bool Receive(object message)
    {
        switch (message)
        {
            case InitializeLogger:
                Sender.Tell(new LoggerInitialized());
                return true;
            case LogEvent logEvent:
                Print(logEvent);
                return true;
            default:
                return false;
        }
    }

    protected virtual void Print(LogEvent logEvent) => Console.WriteLine(logEvent);
}

/// <summary>A logger that is no actor, for the time when there are none.</summary>
internal abstract class MinimalLogger() : MinimalActorRef(null!, new RootActorPath(Address.AllSystems, "/StandardOutLogger"))
{
    protected abstract void Log(object message);
    protected override void TellInternal(object message, IActorRef sender) => Log(message);
}

internal sealed class StandardOutLogger : MinimalLogger
{
    protected override void Log(object message) => Console.WriteLine(message);
}

/// <summary>Logs the first dead letters and unhandled messages.</summary>
internal sealed class DeadLetterListener : ActorBase
{
    private readonly bool _logDuringShutdown;
    private readonly int _countMax;
    private long _count;

    public DeadLetterListener()
    {
        var settings = Context.System.Settings;
        _countMax = settings.LogDeadLetters;
        _logDuringShutdown = settings.LogDeadLettersDuringShutdown;
    }

    protected override void PreStart()
    {
        Context.System.EventStream.Subscribe(Self, typeof(DeadLetter));
        Context.System.EventStream.Subscribe(Self, typeof(Dropped));
        Context.System.EventStream.Subscribe(Self, typeof(UnhandledMessage));
    }

    protected override void PostStop() => Context.System.EventStream.Unsubscribe(Self);

    protected override bool Receive(object message)
    {
        if (message is UnhandledMessage unhandled)
        {
            if (Context.System.Settings.DebugUnhandledMessage)
            {
                Log(LogLevel.DebugLevel, unhandled, "was not handled");
            }

            return true;
        }

        if (message is AllDeadLetters letter && (_logDuringShutdown || !((ActorSystemImpl)Context.System).IsTerminating))
        {
            _count++;
            if (_count <= _countMax)
            {
                Log(LogLevel.InfoLevel, letter, $"was not delivered. {_count} dead letters so far{(_count == _countMax ? ", no more will be logged" : "")}");
            }
        }

        return true;
    }

    private void Log(LogLevel level, AllDeadLetters letter, string outcome) => Context.GetLogger().Log(
        level, null, $"Message [{letter.Message.GetType().Name}] from {letter.Sender} to {letter.Recipient} {outcome}");
}
