using Akka.Actor;

namespace Akka.Event;

/// <summary>A message that is published as a suppressed dead letter, and not logged, when nobody receives it.</summary>
public interface IDeadLetterSuppression;

public abstract class AllDeadLetters(object message, IActorRef sender, IActorRef recipient)
{
    public object Message { get; } = message;
    public IActorRef Sender { get; } = sender;
    public IActorRef Recipient { get; } = recipient;
    public override string ToString() => $"{GetType().Name} from {Sender} to {Recipient}: <{Message}>";

    internal static AllDeadLetters For(object message, IActorRef sender, IActorRef recipient) => message switch
    {
        AllDeadLetters letter => letter,
        IDeadLetterSuppression suppressed => new SuppressedDeadLetter(suppressed, sender, recipient),
        _ => new DeadLetter(message, sender, recipient),
    };
}

public sealed class DeadLetter(object message, IActorRef sender, IActorRef recipient) : AllDeadLetters(message, sender, recipient);

public sealed class SuppressedDeadLetter(IDeadLetterSuppression message, IActorRef sender, IActorRef recipient)
    : AllDeadLetters(message, sender, recipient);

public sealed class UnhandledMessage(object message, IActorRef sender, IActorRef recipient) : AllDeadLetters(message, sender, recipient);
