using Akka.Actor;

namespace Akka.TestKit.Internal;

internal sealed record SetIgnore(Func<object, bool>? Ignore) : INoSerializationVerificationNeeded;

internal sealed record SetAutoPilot(AutoPilot AutoPilot) : INoSerializationVerificationNeeded;

internal sealed record WatchCommand(IActorRef Actor) : INoSerializationVerificationNeeded;

internal sealed record UnwatchCommand(IActorRef Actor) : INoSerializationVerificationNeeded;

internal sealed record SpawnCommand(Props Props, string? Name) : INoSerializationVerificationNeeded;

/// <summary>Puts what it receives into the queue the test reads, except what is ignored.</summary>
internal sealed class InternalTestActor : ActorBase
{
    private readonly MessageQueue _queue;
    private Func<object, bool>? _ignore;
    private AutoPilot _autoPilot = AutoPilot.NoAutoPilot;

    public InternalTestActor(MessageQueue queue) => _queue = queue;

    protected override bool Receive(object message)
    {
        switch (message)
        {
            case SetIgnore set:
                _ignore = set.Ignore;
                return true;
            case SetAutoPilot set:
                _autoPilot = set.AutoPilot;
                return true;
            case WatchCommand watch:
                Context.Watch(watch.Actor);
                return true;
            case UnwatchCommand unwatch:
                Context.Unwatch(unwatch.Actor);
                return true;
            case SpawnCommand spawn:
                Sender.Tell(Context.ActorOf(spawn.Props, spawn.Name!), Self);
                return true;
        }

        var next = _autoPilot.Run(Sender, message);
        if (next is not KeepRunning)
        {
            _autoPilot = next;
        }

        if (_ignore is null || !_ignore(message))
        {
            _queue.Add(new RealMessageEnvelope(message, Sender));
        }

        return true;
    }
}
