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
internal sealed class StandardOutLogger() : MinimalActorRef(null!, new RootActorPath(Address.AllSystems, "/StandardOutLogger"))
{
    protected override void TellInternal(object message, IActorRef sender) => Console.WriteLine(message);
}

/// <summary>Logs the first dead letters and unhandled messages.</summary>
internal sealed class DeadLetterListener : ActorBase
{
    private readonly Settings _settings = Context.System.Settings;
    private long _count;

    protected override void PreStart()
    {
        Context.System.EventStream.Subscribe(Self, typeof(DeadLetter));
        Context.System.EventStream.Subscribe(Self, typeof(UnhandledMessage));
    }

    protected override bool Receive(object message)
    {
        var max = _settings.LogDeadLetters;
        if (message is UnhandledMessage unhandled && _settings.DebugUnhandledMessage)
        {
            Log(LogLevel.DebugLevel, unhandled, "was not handled");
        }
        else if (message is DeadLetter letter && (_settings.LogDeadLettersDuringShutdown || !((ActorSystemImpl)Context.System).IsTerminating)
            && ++_count <= max)
        {
            Log(LogLevel.InfoLevel, letter, $"was not delivered. {_count} dead letters so far{(_count == max ? ", no more will be logged" : "")}");
        }

        return true;
    }

    private void Log(LogLevel level, AllDeadLetters letter, string outcome) => Context.GetLogger().Log(
        level, null, $"Message [{letter.Message.GetType().Name}] from {letter.Sender} to {letter.Recipient} {outcome}");
}
