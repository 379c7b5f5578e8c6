using System.Globalization;

namespace Akka.Event;

public interface ILoggingAdapter
{
    ILogMessageFormatter Formatter { get; }
    bool IsDebugEnabled { get; }
    bool IsInfoEnabled { get; }
    bool IsWarningEnabled { get; }
    bool IsErrorEnabled { get; }
    bool IsEnabled(LogLevel logLevel);
    void Log(LogLevel logLevel, Exception? cause, string format);
    void Log(LogLevel logLevel, Exception? cause, LogMessage message);
}

public interface ILogMessageFormatter
{
    string Format(string format, params object[] args);
}

public class DefaultLogMessageFormatter : ILogMessageFormatter
{
    public static readonly DefaultLogMessageFormatter Instance = new();
    private DefaultLogMessageFormatter() { }
    public string Format(string format, params object[] args) => string.Format(CultureInfo.InvariantCulture, format, args);
}

/// <summary>A message that is put together by whoever prints it.</summary>
public abstract class LogMessage
{
    protected readonly ILogMessageFormatter Formatter;
    public LogMessage(ILogMessageFormatter formatter, string format) => (Formatter, Format) = (formatter, format);
    public string Format { get; }
}

internal sealed class ArgumentsLogMessage(ILogMessageFormatter formatter, string format, object?[] args) : LogMessage(formatter, format)
{
    public override string ToString()
    {
        try
        {
            return Formatter.Format(Format, args!);
        }
        catch (FormatException e)
        {
            // A logger must survive a placeholder too many.
            return $"{Format} [{string.Join(", ", args)}] ({e.Message})";
        }
    }
}
