using Akka.Actor;

namespace Akka.Event;

/// <summary>A message that is published as a suppressed dead letter, and not logged, when nobody receives it.</summary>
public interface IDeadLetterSuppression;

public abstract class AllDeadLetters : IWrappedMessage
{
    protected AllDeadLetters(object message, IActorRef sender, IActorRef recipient)
    {
        Message = message;
        Sender = sender;
        Recipient = recipient;
    }

    public object Message { get; }
    public IActorRef Sender { get; }
    public IActorRef Recipient { get; }
    public override string ToString() => $"{GetType().Name} from {Sender} to {Recipient}: <{Message}>";
}

public sealed class DeadLetter : AllDeadLetters
{
    public DeadLetter(object message, IActorRef sender, IActorRef recipient) : base(message, sender, recipient) { }
}

public sealed class SuppressedDeadLetter : AllDeadLetters
{
    public SuppressedDeadLetter(IDeadLetterSuppression message, IActorRef sender, IActorRef recipient) : base(message, sender, recipient) { }
}

public sealed class UnhandledMessage : AllDeadLetters
{
    public UnhandledMessage(object message, IActorRef sender, IActorRef recipient) : base(message, sender, recipient) { }
}

/// <summary>A message that was given up for the reason stated, such as a full buffer.</summary>
public sealed class Dropped : AllDeadLetters
{
    public Dropped(object message, string reason, IActorRef sender, IActorRef recipient) : base(message, sender, recipient) => Reason = reason;
    public Dropped(object message, string reason, IActorRef recipient) : this(message, reason, ActorRefs.NoSender, recipient) { }
    public string Reason { get; }
}
