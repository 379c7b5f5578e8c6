using Akka.Event;

namespace Akka.Actor;

/// <summary>A message that never leaves its process, and so needs no serializer.</summary>
public interface INoSerializationVerificationNeeded;

/// <summary>A message that does not push a receive timeout back.</summary>
public interface INotInfluenceReceiveTimeout;

/// <summary>Stops the actor when its turn in the mailbox comes.</summary>
public sealed class PoisonPill : IDeadLetterSuppression
{
    private PoisonPill() { }
    public static PoisonPill Instance { get; } = new();
    public override string ToString() => "<PoisonPill>";
}

/// <summary>Makes the actor fail with an <see cref="ActorKilledException"/>.</summary>
public sealed class Kill
{
    private Kill() { }
    public static Kill Instance { get; } = new();
    public override string ToString() => "<Kill>";
}

public sealed class Identify(object messageId) : INotInfluenceReceiveTimeout
{
    public object MessageId { get; } = messageId;
}

public sealed class ActorIdentity(object messageId, IActorRef? subject)
{
    public object MessageId { get; } = messageId;
    public IActorRef? Subject { get; } = subject;
}

public class ReceiveTimeout
{
    private ReceiveTimeout() { }
    public static ReceiveTimeout Instance { get; } = new();
}

public sealed class Terminated(IActorRef actorRef, bool existenceConfirmed, bool addressTerminated) : IDeadLetterSuppression
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

    public sealed class Failure(Exception cause) : Status
    {
        public readonly Exception Cause = cause;
        public override string ToString() => $"Failure: {Cause}";
    }
}
