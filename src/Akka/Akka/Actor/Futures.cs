using Akka.Dispatch.SysMsg;

namespace Akka.Actor;

/// <summary>Ask: send a message and get the answer as a task. No thread waits, and no actor is made.</summary>
public static class Futures
{
    public static Task<object> Ask(this ICanTell self, object message, TimeSpan? timeout = null) => self.Ask<object>(message, timeout, CancellationToken.None);

    public static Task<T> Ask<T>(this ICanTell self, object message, TimeSpan? timeout = null) => self.Ask<T>(message, timeout, CancellationToken.None);
    public static Task<T> Ask<T>(this ICanTell self, object message, CancellationToken cancellationToken) => self.Ask<T>(message, null, cancellationToken);

    public static Task<T> Ask<T>(this ICanTell self, object message, TimeSpan? timeout, CancellationToken cancellationToken) =>
        self.Ask<T>(_ => message, timeout, cancellationToken);

    public static Task<T> Ask<T>(this ICanTell self, Func<IActorRef, object> messageFactory, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        var provider = self is ActorSelection selection ? ((IInternalActorRef)selection.Anchor).Provider : ((IInternalActorRef)self).Provider;
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<T>(cancellationToken);
        }

        var future = new FutureActorRef<T>(provider);
        future.ExpectWithin(timeout ?? provider.Settings.AskTimeout, cancellationToken);
        self.Tell(messageFactory(future), future);
        return future.Task;
    }
}

/// <summary>
/// The sender of a question. It gets a path, and a place under it, only when somebody asks for the path, as sending it over the
/// network does: most questions never leave the process.
/// </summary>
internal sealed class FutureActorRef<T>(IActorRefProvider provider) : ActorRefBase, IInternalActorRef
{
    private readonly TaskCompletionSource<T> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenSource? _timer;
    private CancellationTokenRegistration _cancellation;
    private ActorPath? _path;
    public Task<T> Task => _answer.Task;
    public IActorRefProvider Provider => provider;
    bool IInternalActorRef.IsTerminated => _answer.Task.IsCompleted;
    public override ActorPath Path => _path ?? Register();

    public void ExpectWithin(TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (timeout != Timeout.InfiniteTimeSpan && timeout != TimeSpan.Zero)
        {
            _timer = new CancellationTokenSource(timeout);
            _timer.Token.UnsafeRegister(
                static state =>
                {
                    var (future, timeout) = ((FutureActorRef<T>, TimeSpan))state!;
                    future.End(future._answer.TrySetException(new AskTimeoutException($"Timeout after {timeout} seconds")));
                },
                (this, timeout));
        }

        if (cancellationToken.CanBeCanceled)
        {
            _cancellation = cancellationToken.UnsafeRegister(
                static (state, token) => ((FutureActorRef<T>)state!).End(((FutureActorRef<T>)state)._answer.TrySetCanceled(token)), this);
        }
    }

    public void SendSystemMessage(ISystemMessage message)
    {
        if (message is Watch watch)
        {
            watch.Watcher.SendSystemMessage(new DeathWatchNotification(this, ExistenceConfirmed: true));
        }
    }

    protected override void TellInternal(object message, IActorRef sender)
    {
        var taken = message switch
        {
            T answer => _answer.TrySetResult(answer),
            Status.Failure failure => _answer.TrySetException(failure.Cause ?? new TaskCanceledException("Task cancelled by actor via Failure message.")),
            _ => _answer.TrySetException(new ArgumentException(
                $"Received message of type [{message.GetType()}] - Ask expected message of type [{typeof(T)}]")),
        };
        End(taken);
        if (!taken)
        {
            // Too late, or a second answer.
            provider.DeadLetters.Tell(message, sender);
        }
    }

    private void End(bool first)
    {
        if (first)
        {
            _timer?.Dispose();
            _cancellation.Dispose();
            if (_path is { } path)
            {
                provider.UnregisterTempActor(path);
            }
        }
    }

    private ActorPath Register()
    {
        var path = provider.TempPath();
        if (Interlocked.CompareExchange(ref _path, path, null) is { } earlier)
        {
            return earlier;
        }

        provider.RegisterTempActor(this, path);
        if (_answer.Task.IsCompleted)
        {
            provider.UnregisterTempActor(path);
        }

        return path;
    }
}
