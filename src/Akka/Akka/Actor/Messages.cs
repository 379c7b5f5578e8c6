using Akka.Event;

namespace Akka.Actor;

/// <summary>A message that needs no serialization even where all messages are serialized for the sake of testing.</summary>
public interface INoSerializationVerificationNeeded;

/// <summary>A message that does not push a receive timeout back.</summary>
public interface INotInfluenceReceiveTimeout;

/// <summary>A message that an untrusted remote peer may not send.</summary>
public interface IPossiblyHarmful;

/// <summary>A message that the cell handles before the actor sees it.</summary>
public interface IAutoReceivedMessage;

public interface IWrappedMessage
{
    object Message { get; }
}

/// <summary>Stops the actor when its turn in the mailbox comes.</summary>
public sealed class PoisonPill : IAutoReceivedMessage, IPossiblyHarmful, IDeadLetterSuppression
{
    private PoisonPill() { }
    public static PoisonPill Instance { get; } = new();
    public override string ToString() => "<PoisonPill>";
}

/// <summary>Makes the actor fail with an <see cref="ActorKilledException"/>.</summary>
public sealed class Kill : IAutoReceivedMessage
{
    private Kill() { }
    public static Kill Instance { get; } = new();
    public override string ToString() => "<Kill>";
}

public sealed class Identify(object messageId) : IAutoReceivedMessage, INotInfluenceReceiveTimeout
{
    public object MessageId { get; } = messageId;
}

public sealed class ActorIdentity(object messageId, IActorRef? subject)
{
    public object MessageId { get; } = messageId;
    public IActorRef? Subject { get; } = subject;
}

public class ReceiveTimeout : IPossiblyHarmful
{
    private ReceiveTimeout() { }
    public static ReceiveTimeout Instance { get; } = new();
}

public sealed class Terminated(IActorRef actorRef, bool existenceConfirmed, bool addressTerminated)
    : IAutoReceivedMessage, IPossiblyHarmful, IDeadLetterSuppression, INoSerializationVerificationNeeded
{
    public IActorRef ActorRef { get; } = actorRef;
    public bool ExistenceConfirmed { get; } = existenceConfirmed;
    public bool AddressTerminated { get; } = addressTerminated;
    public override string ToString() => $"<Terminated>: {ActorRef} - ExistenceConfirmed={ExistenceConfirmed}";
}

public abstract class Status
{
    public sealed class Success(object status) : Status
    {
        public static readonly Success Instance = new(null!);
        public readonly object Status = status;
        public override string ToString() => $"Success: {Status}";
    }

    public sealed class Failure : Status
    {
        public readonly Exception Cause;
        public readonly object? State;
        public Failure(Exception cause) => Cause = cause;

        public Failure(Exception cause, object state)
        {
            Cause = cause;
            State = state;
        }

        public override string ToString() => $"Failure: {Cause}";
    }
}
