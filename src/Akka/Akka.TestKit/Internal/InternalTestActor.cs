using Akka.Actor;

namespace Akka.TestKit.Internal;

internal sealed record SetIgnore(Func<object, bool>? Ignore);

internal sealed record WatchCommand(IActorRef Actor);

internal sealed record UnwatchCommand(IActorRef Actor);

/// <summary>Puts what it receives into the queue the test reads, except what is ignored.</summary>
internal sealed class InternalTestActor(MessageQueue queue) : UntypedActor
{
    private Func<object, bool>? _ignore;

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case SetIgnore set:
                _ignore = set.Ignore;
                break;
            case WatchCommand watch:
                Context.Watch(watch.Actor);
                break;
            case UnwatchCommand unwatch:
                Context.Unwatch(unwatch.Actor);
                break;
            case var _ when _ignore is null || !_ignore(message):
                queue.Add(new Envelope(message, Sender));
                break;
        }
    }
}
