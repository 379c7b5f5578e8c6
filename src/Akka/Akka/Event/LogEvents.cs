namespace Akka.Event;

public enum LogLevel
{
    DebugLevel = 0,
    InfoLevel = 1,
    WarningLevel = 2,
    ErrorLevel = 3,
}

public abstract class LogEvent
{
    private readonly LogLevel _level;

    private protected LogEvent(LogLevel level, Exception? cause, string logSource, Type logClass, object message) =>
        (_level, Cause, LogSource, LogClass, Message) = (level, cause, logSource, logClass, message);

    public Exception? Cause { get; protected set; }
    public DateTime Timestamp { get; } = DateTime.UtcNow;
    public Thread Thread { get; } = Thread.CurrentThread;
    public string LogSource { get; protected set; }
    public Type LogClass { get; protected set; }
    public object Message { get; protected set; }
    public LogLevel LogLevel() => _level;

    public override string ToString()
    {
        var cause = Cause is null ? "" : $"{Environment.NewLine}Cause: {Cause}";
        return $"[{LogLevel().StringFor()}][{Timestamp:O}][Thread {Thread.ManagedThreadId:0000}][{LogSource}] {Message}{cause}";
    }
}

public class Debug(Exception? cause, string logSource, Type logClass, object message)
    : LogEvent(Event.LogLevel.DebugLevel, cause, logSource, logClass, message);

public class Info(Exception? cause, string logSource, Type logClass, object message)
    : LogEvent(Event.LogLevel.InfoLevel, cause, logSource, logClass, message);

public class Warning(Exception? cause, string logSource, Type logClass, object message)
    : LogEvent(Event.LogLevel.WarningLevel, cause, logSource, logClass, message);

public class Error(Exception? cause, string logSource, Type logClass, object message)
    : LogEvent(Event.LogLevel.ErrorLevel, cause, logSource, logClass, message);

public class InitializeLogger(LoggingBus loggingBus)
{
    public LoggingBus LoggingBus { get; } = loggingBus;
}

public class LoggerInitialized : IDeadLetterSuppression;
