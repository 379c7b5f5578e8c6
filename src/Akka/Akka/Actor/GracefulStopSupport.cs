using Akka.Dispatch.SysMsg;

namespace Akka.Actor;

public static class GracefulStopSupport
{
    public static Task<bool> GracefulStop(this IActorRef target, TimeSpan timeout) => target.GracefulStop(timeout, PoisonPill.Instance);

    /// <summary>True when the actor has stopped; an <see cref="TaskCanceledException"/> when it has not in time.</summary>
    public static async Task<bool> GracefulStop(this IActorRef target, TimeSpan timeout, object stopMessage)
    {
        var watched = (IInternalActorRef)target;
        using var timer = new CancellationTokenSource(timeout);
        var stopped = target.WatchAsync(timer.Token);
        target.Tell(stopMessage, ActorRefs.NoSender);
        return await stopped.ConfigureAwait(false) || watched.IsTerminated ? true : throw new TaskCanceledException($"{target} did not stop within {timeout}");
    }
}

public static class WatchAsyncSupport
{
    /// <summary>True when the actor has stopped, false if the token was cancelled before.</summary>
    public static async Task<bool> WatchAsync(this IActorRef target, CancellationToken token = default)
    {
        var watched = (IInternalActorRef)target;
        var watcher = new DeathWatcher(watched.Provider);
        watched.SendSystemMessage(new Watch(watched, watcher));
        using var registration = token.UnsafeRegister(static state => ((DeathWatcher)state!).Died.TrySetResult(false), watcher);
        var died = await watcher.Died.Task.ConfigureAwait(false);
        watched.SendSystemMessage(new Unwatch(watched, watcher));
        watched.Provider.UnregisterTempActor(watcher.Path);
        return died;
    }

    private sealed class DeathWatcher : MinimalActorRef
    {
        public DeathWatcher(IActorRefProvider provider) : base(provider, provider.TempPath()) => provider.RegisterTempActor(this, Path);
        public TaskCompletionSource<bool> Died { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override void SendSystemMessage(ISystemMessage message)
        {
            if (message is DeathWatchNotification)
            {
                Died.TrySetResult(true);
            }
        }
    }
}
