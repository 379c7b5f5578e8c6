namespace Akka.Actor;

public abstract class AkkaException : Exception
{
    protected AkkaException() { }
    protected AkkaException(string message, Exception? cause = null) : base(message, cause) { }
}

public class ActorInitializationException : AkkaException
{
    public ActorInitializationException(string message) : base(message) { }
    public ActorInitializationException(string message, Exception cause) : base(message, cause) { }
    public ActorInitializationException(IActorRef? actor, string message, Exception? cause = null) : base(message, cause) => Actor = actor;
    public IActorRef? Actor { get; }
}

public class PreRestartException : ActorInitializationException
{
    public PreRestartException(IActorRef actor, Exception restartException, Exception cause, object optionalMessage)
        : base(actor, $"PreRestart of [{actor}], restarted because of {cause.GetType().Name}, threw {restartException.GetType().Name}", restartException)
    {
        RestartException = restartException;
        OptionalMessage = optionalMessage;
    }

    public Exception RestartException { get; }
    public object OptionalMessage { get; }
}

public class PostRestartException : ActorInitializationException
{
    public PostRestartException(IActorRef actor, Exception cause, Exception originalCause)
        : base(actor, $"[{actor}] could not be started anew after {originalCause.GetType().Name}: {cause.Message}", cause) => OriginalCause = originalCause;

    public Exception OriginalCause { get; }
}

public class ActorKilledException(string message) : AkkaException(message);

public class ActorNotFoundException(string message, Exception? innerException = null) : AkkaException(message, innerException);

public class AskTimeoutException(string message) : AkkaException(message);

public class IllegalActorNameException(string message) : AkkaException(message);

public class IllegalActorStateException(string message) : AkkaException(message);

public class InvalidActorNameException(string message) : AkkaException(message);

public class InvalidMessageException(string message) : AkkaException(message);

public class LoggerInitializationException(string message, Exception? cause = null) : AkkaException(message, cause);

public class StashOverflowException(string message, Exception? cause = null) : AkkaException(message, cause);

public sealed class SchedulerException(string message) : AkkaException(message);

public class DeathPactException : AkkaException
{
    public DeathPactException(IActorRef deadActor) : base($"Monitored actor [{deadActor}] terminated") => DeadActor = deadActor;
    public IActorRef DeadActor { get; }
}
