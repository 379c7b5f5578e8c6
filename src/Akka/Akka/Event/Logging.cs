using Akka.Actor;
using Akka.Configuration;

namespace Akka.Event;

public static class Logging
{
    public static ILoggingAdapter GetLogger(this IActorContext context, ILogMessageFormatter? logMessageFormatter = null) => new BusLogging(
        context.System.EventStream, context.Self.ToString()!, context.Props.Type, logMessageFormatter ?? DefaultLogMessageFormatter.Instance);

    public static ILoggingAdapter GetLogger(ActorSystem system, object logSourceObj, ILogMessageFormatter? logMessageFormatter = null) =>
        Create(system.EventStream, logSourceObj, $"({system})", logMessageFormatter);

    public static ILoggingAdapter GetLogger(LoggingBus loggingBus, object logSourceObj, ILogMessageFormatter? logMessageFormatter = null) =>
        Create(loggingBus, logSourceObj, "", logMessageFormatter);

    public static string StringFor(this LogLevel logLevel) => logLevel switch
    {
        LogLevel.DebugLevel => "DEBUG",
        LogLevel.InfoLevel => "INFO",
        LogLevel.WarningLevel => "WARNING",
        LogLevel.ErrorLevel => "ERROR",
        _ => throw new ArgumentOutOfRangeException(nameof(logLevel), logLevel, "Unknown log level"),
    };

    /// <summary>OFF is above every level there is.</summary>
    public static LogLevel LogLevelFor(string logLevel) => logLevel.ToUpperInvariant() switch
    {
        "DEBUG" => LogLevel.DebugLevel,
        "INFO" => LogLevel.InfoLevel,
        "WARNING" => LogLevel.WarningLevel,
        "ERROR" => LogLevel.ErrorLevel,
        "OFF" => (LogLevel)int.MaxValue,
        _ => throw new ConfigurationException($"Unknown log level [{logLevel}]: it is one of DEBUG, INFO, WARNING, ERROR, OFF"),
    };

    private static BusLogging Create(LoggingBus bus, object source, string suffix, ILogMessageFormatter? formatter)
    {
        var name = source is Type type ? type.Name : source.ToString();
        return new BusLogging(bus, name + suffix, source as Type ?? source.GetType(), formatter ?? DefaultLogMessageFormatter.Instance);
    }
}

internal sealed class BusLogging(LoggingBus bus, string logSource, Type logClass, ILogMessageFormatter formatter) : ILoggingAdapter
{
    public ILogMessageFormatter Formatter => formatter;
    public bool IsDebugEnabled => IsEnabled(LogLevel.DebugLevel);
    public bool IsInfoEnabled => IsEnabled(LogLevel.InfoLevel);
    public bool IsWarningEnabled => IsEnabled(LogLevel.WarningLevel);
    public bool IsErrorEnabled => IsEnabled(LogLevel.ErrorLevel);
    public bool IsEnabled(LogLevel logLevel) => logLevel >= bus.LogLevel;
    public void Log(LogLevel logLevel, Exception? cause, LogMessage message) => Publish(logLevel, cause, message);
    public void Log(LogLevel logLevel, Exception? cause, string format) => Publish(logLevel, cause, format);

    private void Publish(LogLevel level, Exception? cause, object message)
    {
        if (IsEnabled(level))
        {
            bus.Publish(level switch
            {
                LogLevel.DebugLevel => new Debug(cause, logSource, logClass, message),
                LogLevel.InfoLevel => new Info(cause, logSource, logClass, message),
                LogLevel.WarningLevel => new Warning(cause, logSource, logClass, message),
                _ => new Error(cause, logSource, logClass, message),
            });
        }
    }
}
