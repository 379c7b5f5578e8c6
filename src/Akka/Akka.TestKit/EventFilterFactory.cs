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
    private readonly EventFilterApplier? _earlier;
    public EventFilterFactory(TestKitBase testkit, ActorSystem system) => (_testKit, _system) = (testkit, system);
    internal EventFilterFactory(TestKitBase testKit, ActorSystem system, EventFilterApplier earlier) : this(testKit, system) => _earlier = earlier;
    public IEventFilterApplier Custom(Predicate<LogEvent> predicate) => Create("a custom predicate", e => predicate(e));

    public IEventFilterApplier Exception<TException>(string? message = null, string? start = null, string? contains = null, string? source = null)
        where TException : Exception
    {
        var isMatch = Matcher(message, start, contains);
        return Create(typeof(TException).Name + Describe(message, start, contains), e =>
            e is Error && e.Cause is TException cause && IsFrom(e, source) && (isMatch(e.Message.ToString()!) || isMatch(cause.Message)));
    }

    public IEventFilterApplier Debug(string? message = null, string? start = null, string? contains = null, string? source = null) =>
        ForLogLevel(LogLevel.DebugLevel, message, start, contains, source);

    public IEventFilterApplier Info(string? message = null, string? start = null, string? contains = null, string? source = null) =>
        ForLogLevel(LogLevel.InfoLevel, message, start, contains, source);

    public IEventFilterApplier Warning(string? message = null, string? start = null, string? contains = null, string? source = null) =>
        ForLogLevel(LogLevel.WarningLevel, message, start, contains, source);

    public IEventFilterApplier Error(string? message = null, string? start = null, string? contains = null, string? source = null) =>
        ForLogLevel(LogLevel.ErrorLevel, message, start, contains, source);

    public IEventFilterApplier ForLogLevel(
        LogLevel logLevel, string? message = null, string? start = null, string? contains = null, string? source = null)
    {
        var isMatch = Matcher(message, start, contains);
        return Create(logLevel + Describe(message, start, contains), e =>
            e.LogLevel() == logLevel && e.Message is not Event.DeadLetter && IsFrom(e, source) && isMatch(e.Message.ToString()!));
    }

    public IEventFilterApplier DeadLetter() => DeadLetter<object>();
    public IEventFilterApplier DeadLetter<TMessage>(string? source = null) => DeadLetter<TMessage>(_ => true, source);

    public IEventFilterApplier DeadLetter<TMessage>(Func<TMessage, bool> isMatch, string? source = null) => Create(
        "dead letter " + typeof(TMessage).Name, e => e.Message is DeadLetter { Message: TMessage message } && IsFrom(e, source) && isMatch(message));

    private EventFilterApplier Create(string description, Func<LogEvent, bool> isMatch) => _earlier is null
        ? new EventFilterApplier(_testKit, _system, description, isMatch)
        : new EventFilterApplier(_testKit, _system, $"{_earlier.Description} or {description}", e => _earlier.IsMatch(e) || isMatch(e));

    private static bool IsFrom(LogEvent logEvent, string? source) => source is null || logEvent.LogSource.Contains(source, StringComparison.Ordinal);

    private static string Describe(string? message, string? start, string? contains) =>
        message is not null ? $" \"{message}\"" : start is not null ? $" \"{start}...\"" : contains is not null ? $" \"...{contains}...\"" : "";

    private static Func<string, bool> Matcher(string? message, string? start, string? contains) => text =>
        message is not null ? text == message
        : start is not null ? text.StartsWith(start, StringComparison.Ordinal)
        : contains is null || text.Contains(contains, StringComparison.Ordinal);
}
