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
    string Format(string format, IEnumerable<object> args);
}

public class DefaultLogMessageFormatter : ILogMessageFormatter
{
    public static readonly DefaultLogMessageFormatter Instance = new();
    private DefaultLogMessageFormatter() { }
    public string Format(string format, params object[] args) => string.Format(CultureInfo.InvariantCulture, format, args);
    public string Format(string format, IEnumerable<object> args) => Format(format, [.. args]);
}

/// <summary>A message that is put together by whoever prints it.</summary>
public abstract class LogMessage
{
    protected readonly ILogMessageFormatter Formatter;

    public LogMessage(ILogMessageFormatter formatter, string format)
    {
        Formatter = formatter;
        Format = format;
    }

    public string Format { get; }
    public abstract IEnumerable<object> Parameters();
    public abstract string Unformatted();
}

internal sealed class ArgumentsLogMessage(ILogMessageFormatter formatter, string format, object?[] args) : LogMessage(formatter, format)
{
    public override IEnumerable<object> Parameters() => args!;
    public override string Unformatted() => $"{Format} [{string.Join(", ", args)}]";

    public override string ToString()
    {
        try
        {
            return Formatter.Format(Format, args!);
        }
        catch (FormatException e)
        {
            // A logger must survive a placeholder too many.
            return $"{Unformatted()} ({e.Message})";
        }
    }
}

public sealed class NoLogger : ILoggingAdapter
{
    public static readonly ILoggingAdapter Instance = new NoLogger();
    private NoLogger() { }
    public ILogMessageFormatter Formatter => DefaultLogMessageFormatter.Instance;
    public bool IsDebugEnabled => false;
    public bool IsInfoEnabled => false;
    public bool IsWarningEnabled => false;
    public bool IsErrorEnabled => false;
    public bool IsEnabled(LogLevel logLevel) => false;
    public void Log(LogLevel logLevel, Exception? cause, string format) { }
    public void Log(LogLevel logLevel, Exception? cause, LogMessage message) { }
}
