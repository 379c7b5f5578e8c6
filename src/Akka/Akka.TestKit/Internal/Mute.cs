using Akka.Event;

namespace Akka.TestKit.Internal;

/// <summary>Published to the event stream: from now on the log events that match are not printed.</summary>
internal sealed record Mute(Func<LogEvent, bool> IsMatch);

/// <summary>Published to the event stream: ends a <see cref="Mute"/>.</summary>
internal sealed record Unmute(Func<LogEvent, bool> IsMatch);
