using Akka.Dispatch.SysMsg;

namespace Akka.Actor;

public static class GracefulStopSupport
{
    public static Task<bool> GracefulStop(this IActorRef target, TimeSpan timeout) => target.GracefulStop(timeout, PoisonPill.Instance);

    /// <summary>True when the actor has stopped; a <see cref="TaskCanceledException"/> when it has not in time.</summary>
    public static async Task<bool> GracefulStop(this IActorRef target, TimeSpan timeout, object stopMessage)
    {
        var watched = (IInternalActorRef)target;
        var watcher = new DeathWatcher(watched.Provider);
        watched.SendSystemMessage(new Watch(watched, watcher));
        target.Tell(stopMessage, ActorRefs.NoSender);
        try
        {
            await watcher.Died.Task.WaitAsync(timeout).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException e)
        {
            throw new TaskCanceledException($"{target} did not stop within {timeout}", e);
        }
        finally
        {
            watched.SendSystemMessage(new Unwatch(watched, watcher));
            watched.Provider.UnregisterTempActor(watcher.Path);
        }
    }

    private sealed class DeathWatcher : MinimalActorRef
    {
        public DeathWatcher(IActorRefProvider provider) : base(provider, provider.TempPath()) => provider.RegisterTempActor(this, Path);
        public TaskCompletionSource Died { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override void SendSystemMessage(ISystemMessage message)
        {
            if (message is DeathWatchNotification)
            {
                Died.TrySetResult();
            }
        }
    }
}
