using System.Text.RegularExpressions;
using Akka.Actor;
using Akka.Event;
using Akka.TestKit.Internal;

namespace Akka.TestKit;

/// <summary>
/// Describes log events by level, text and source. Of the text, <c>message</c> is all of it, <c>start</c> its beginning and <c>contains</c> a
/// part; none given matches any. A source matches the whole log source, or the actor path in it.
/// </summary>
public class EventFilterFactory
{
    private readonly TestKitBase _testKit;
    private readonly ActorSystem _system;
    private readonly EventFilter? _earlier;

    public EventFilterFactory(TestKitBase testkit)
        : this(testkit, testkit.Sys)
    {
    }

    public EventFilterFactory(TestKitBase testkit, ActorSystem system)
    {
        _testKit = testkit;
        _system = system;
    }

    internal EventFilterFactory(TestKitBase testKit, ActorSystem system, EventFilter earlier)
        : this(testKit, system) => _earlier = earlier;

    public IEventFilterApplier Custom(Predicate<LogEvent> predicate) => Create("a custom predicate", e => predicate(e));

    public IEventFilterApplier Custom<TLogEvent>(Predicate<TLogEvent> predicate)
        where TLogEvent : LogEvent => Create($"a custom predicate of {typeof(TLogEvent).Name}", e => e is TLogEvent typed && predicate(typed));

    public IEventFilterApplier Exception<TException>(Regex pattern, string? source = null)
        where TException : Exception => Exception(typeof(TException), pattern, source);

    public IEventFilterApplier Exception(Type exceptionType, Regex pattern, string? source = null, bool checkInnerExceptions = false) =>
        ForException(exceptionType, $"/{pattern}/", pattern.IsMatch, source, checkInnerExceptions);

    public IEventFilterApplier Exception<TException>(string? message = null, string? start = null, string? contains = null, string? source = null)
        where TException : Exception => Exception(typeof(TException), message, start, contains, source);

    public IEventFilterApplier Exception(
        Type exceptionType, string? message = null, string? start = null, string? contains = null, string? source = null, bool checkInnerExceptions = false) =>
        ForException(exceptionType, Describe(message, start, contains), Matcher(message, start, contains), source, checkInnerExceptions);

    public IEventFilterApplier Debug(string? message = null, string? start = null, string? contains = null, string? source = null) =>
        ForLogLevel(LogLevel.DebugLevel, message, start, contains, source);

    public IEventFilterApplier Debug(Regex pattern, string? source = null) => ForLogLevel(LogLevel.DebugLevel, pattern, source);

    public IEventFilterApplier Info(string? message = null, string? start = null, string? contains = null, string? source = null) =>
        ForLogLevel(LogLevel.InfoLevel, message, start, contains, source);

    public IEventFilterApplier Info(Regex pattern, string? source = null) => ForLogLevel(LogLevel.InfoLevel, pattern, source);

    public IEventFilterApplier Warning(string? message = null, string? start = null, string? contains = null, string? source = null) =>
        ForLogLevel(LogLevel.WarningLevel, message, start, contains, source);

    public IEventFilterApplier Warning(Regex pattern, string? source = null) => ForLogLevel(LogLevel.WarningLevel, pattern, source);

    public IEventFilterApplier Error(string? message = null, string? start = null, string? contains = null, string? source = null) =>
        ForLogLevel(LogLevel.ErrorLevel, message, start, contains, source);

    public IEventFilterApplier Error(Regex pattern, string? source = null) => ForLogLevel(LogLevel.ErrorLevel, pattern, source);

    public IEventFilterApplier ForLogLevel(
        LogLevel logLevel, string? message = null, string? start = null, string? contains = null, string? source = null) =>
        ForText(logLevel, Describe(message, start, contains), Matcher(message, start, contains), source);

    public IEventFilterApplier ForLogLevel(LogLevel logLevel, Regex pattern, string? source = null) =>
        ForText(logLevel, $"/{pattern}/", pattern.IsMatch, source);

    public IEventFilterApplier DeadLetter() => ForDeadLetter("", _ => true, null);

    public IEventFilterApplier DeadLetter<TMessage>(string? source = null) => DeadLetter(typeof(TMessage), source);

    public IEventFilterApplier DeadLetter<TMessage>(Func<TMessage, bool> isMatch, string? source = null) =>
        ForDeadLetter(typeof(TMessage).Name, m => m is TMessage typed && isMatch(typed), source);

    public IEventFilterApplier DeadLetter(Type type, string? source = null) => ForDeadLetter(type.Name, type.IsInstanceOfType, source);

    public IEventFilterApplier DeadLetter(Type type, Func<object, bool> isMatch, string? source = null) =>
        ForDeadLetter(type.Name, m => type.IsInstanceOfType(m) && isMatch(m), source);

    private IEventFilterApplier ForText(LogLevel level, string text, Func<string, bool> isMatch, string? source) => Create(
        $"{level} {text}", e => e.LogLevel() == level && e.Message is not Event.DeadLetter && IsFrom(e, source) && isMatch(e.Message?.ToString() ?? ""));

    private IEventFilterApplier ForDeadLetter(string what, Func<object, bool> isMatch, string? source) =>
        Create($"dead letter {what}", e => e.Message is DeadLetter letter && IsFrom(e, source) && isMatch(letter.Message));

    private IEventFilterApplier ForException(Type type, string text, Func<string, bool> isMatch, string? source, bool inner)
    {
        return Create($"{type.Name} {text}", e => e is Error && IsFrom(e, source) && Causes(e).Any(c => type.IsInstanceOfType(c) && IsMatch(e, c)));

        bool IsMatch(LogEvent e, Exception cause) => isMatch(e.Message?.ToString() ?? "") || isMatch(cause.Message);

        IEnumerable<Exception> Causes(LogEvent e)
        {
            for (var cause = e.Cause; cause is not null; cause = inner ? cause.InnerException : null)
            {
                yield return cause;
            }
        }
    }

    private IEventFilterApplier Create(string description, Func<LogEvent, bool> isMatch)
    {
        var filter = new EventFilter(description, isMatch);
        return new EventFilterApplier(_testKit, _system, _earlier is null ? filter : _earlier.Or(filter));
    }

    private static bool IsFrom(LogEvent logEvent, string? source) =>
        source is null || logEvent.LogSource == source || logEvent.LogSource.Contains(source, StringComparison.Ordinal);

    private static string Describe(string? message, string? start, string? contains) =>
        message is not null ? $"\"{message}\"" : start is not null ? $"\"{start}...\"" : contains is not null ? $"\"...{contains}...\"" : "of any text";

    private static Func<string, bool> Matcher(string? message, string? start, string? contains) => text =>
        message is not null ? text == message
        : start is not null ? text.StartsWith(start, StringComparison.Ordinal)
        : contains is null || text.Contains(contains, StringComparison.Ordinal);
}
