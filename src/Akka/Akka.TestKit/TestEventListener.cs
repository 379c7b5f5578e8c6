using Akka.Event;
using Akka.TestKit.Internal;

namespace Akka.TestKit;

/// <summary>The logger of a test system: hands log events to the filters in force, and prints the errors none of them took.</summary>
public class TestEventListener : DefaultLogger
{
    private readonly List<Func<LogEvent, bool>> _filters = [];

    protected override bool Receive(object message)
    {
        switch (message)
        {
            case InitializeLogger initialize:
                foreach (var channel in new[] { typeof(Mute), typeof(Unmute), typeof(DeadLetter), typeof(UnhandledMessage) })
                {
                    initialize.LoggingBus.Subscribe(Context.Self, channel);
                }

                return base.Receive(message);
            case Mute mute:
                _filters.Add(mute.IsMatch);
                return true;
            case Unmute unmute:
                _filters.Remove(unmute.IsMatch);
                return true;
            case LogEvent logEvent:
                return IsFiltered(logEvent) || logEvent.LogLevel() < LogLevel.ErrorLevel || base.Receive(message);
            case DeadLetter letter:
                // Dead letters reach the filters as warnings about themselves: DeadLetterListener's own text only comes for the first few.
                IsFiltered(new Warning(null, letter.Recipient.Path.ToString(), letter.Recipient.GetType(), letter));
                return true;
            case UnhandledMessage unhandled:
                var source = unhandled.Recipient.Path.ToString();
                IsFiltered(new Warning(null, source, unhandled.Recipient.GetType(), $"Unhandled message from {unhandled.Sender}: {unhandled.Message}"));
                return true;
            default:
                return base.Receive(message);
        }
    }

    private bool IsFiltered(LogEvent logEvent)
    {
        // Every filter sees the event, so that two that wait for the same one are both content.
        var taken = false;
        foreach (var filter in _filters)
        {
            taken |= filter(logEvent);
        }

        return taken;
    }
}
