using Akka.Actor;

namespace Akka.TestKit.Internal;

/// <summary>Published to the event stream: from now on the log events these filters match are not printed.</summary>
internal sealed record Mute(EventFilter Filter) : INoSerializationVerificationNeeded;

/// <summary>Published to the event stream: ends a <see cref="Mute"/>.</summary>
internal sealed record Unmute(EventFilter Filter) : INoSerializationVerificationNeeded;
