using Akka.Actor;

namespace Akka.TestKit;

/// <summary>A message that reached the test actor, and who sent it.</summary>
public abstract class MessageEnvelope
{
    public abstract object Message { get; }

    public abstract IActorRef Sender { get; }
}

public class RealMessageEnvelope : MessageEnvelope
{
    public RealMessageEnvelope(object message, IActorRef sender)
    {
        Message = message;
        Sender = sender;
    }

    public override object Message { get; }

    public override IActorRef Sender { get; }

    public override string ToString() => $"<{Message}> from {Sender}";
}

/// <summary>No message came.</summary>
public sealed class NullMessageEnvelope : MessageEnvelope
{
    public static NullMessageEnvelope Instance { get; } = new();

    private NullMessageEnvelope()
    {
    }

    public override object Message => throw new InvalidOperationException("no last message");

    public override IActorRef Sender => throw new InvalidOperationException("no last message");

    public override string ToString() => "<null>";
}
