using Akka.Event;

namespace Akka.TestKit.Internal;

/// <summary>A description of log events, and how to recognize them.</summary>
internal sealed class EventFilter
{
    private readonly Func<LogEvent, bool> _isMatch;

    public EventFilter(string description, Func<LogEvent, bool> isMatch)
    {
        Description = description;
        _isMatch = isMatch;
    }

    /// <summary>Raised on the logger's thread for each match; null until somebody counts.</summary>
    public event Action? Matched;

    public string Description { get; }

    public bool Apply(LogEvent logEvent)
    {
        if (!_isMatch(logEvent))
        {
            return false;
        }

        Matched?.Invoke();
        return true;
    }

    public EventFilter Or(EventFilter other) => new($"{Description} or {other.Description}", e => Apply(e) || other.Apply(e));
}
