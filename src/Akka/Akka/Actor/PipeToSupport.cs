namespace Akka.Actor;

/// <summary>Sends the outcome of a task to an actor: what it gives, or a <see cref="Status.Failure"/>.</summary>
public static class PipeToSupport
{
    public static Task PipeTo<T>(
        this Task<T> taskToPipe, ICanTell recipient, IActorRef? sender = null, Func<T, object>? success = null, Func<Exception, object>? failure = null) =>
        Pipe(taskToPipe, recipient, sender, () => success is not null ? success(taskToPipe.Result) : taskToPipe.Result!, failure);

    /// <summary>Without a success handler there is nothing to say of a success: only a failure is sent.</summary>
    public static Task PipeTo(
        this Task taskToPipe, ICanTell recipient, IActorRef? sender = null, Func<object>? success = null, Func<Exception, object>? failure = null) =>
        Pipe(taskToPipe, recipient, sender, success, failure);

    private static async Task Pipe(Task task, ICanTell recipient, IActorRef? sender, Func<object>? success, Func<Exception, object>? failure)
    {
        object message;
        try
        {
            await task.ConfigureAwait(false);
            if (success is null)
            {
                return;
            }

            message = success();
        }
        catch (Exception e)
        {
            message = failure is not null ? failure(e) : new Status.Failure(e);
        }

        recipient.Tell(message, sender);
    }
}
