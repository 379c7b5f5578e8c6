namespace Akka.Actor;

public abstract class AkkaException : Exception
{
    protected AkkaException(string message, Exception? cause = null) : base(message, cause) { }
}

public class ActorInitializationException : AkkaException
{
    public ActorInitializationException(string message) : base(message) { }
    public ActorInitializationException(IActorRef? actor, string message, Exception? cause = null) : base(message, cause) => Actor = actor;
    public IActorRef? Actor { get; }
}

public class PostRestartException(IActorRef actor, Exception cause, Exception originalCause)
    : ActorInitializationException(actor, $"[{actor}] could not be started anew after {originalCause.GetType().Name}: {cause.Message}", cause)
{
    public Exception OriginalCause { get; } = originalCause;
}

public class ActorKilledException(string message) : AkkaException(message);

public class ActorNotFoundException(string message, Exception? innerException = null) : AkkaException(message, innerException);

public class AskTimeoutException(string message) : AkkaException(message);

public class DeathPactException(IActorRef deadActor) : AkkaException($"Monitored actor [{deadActor}] terminated")
{
    public IActorRef DeadActor { get; } = deadActor;
}

public class IllegalActorStateException(string message) : AkkaException(message);

public class InvalidActorNameException(string message) : AkkaException(message);

public class InvalidMessageException(string message) : AkkaException(message);

public class LoggerInitializationException(string message, Exception? cause = null) : AkkaException(message, cause);

public sealed class SchedulerException(string message) : AkkaException(message);
