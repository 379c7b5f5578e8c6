using Akka.Actor;
using Akka.Event;

namespace HarmonyDB.Actors;

/// <summary>
/// Starts the parts of a node and stops it, never the host process, when one failed for good. No part is restarted in place: a Raft actor with
/// fresh memory could vote twice, a log actor could answer for what it did not flush (A17).
/// </summary>
internal sealed class HarmonySupervisor : ReceiveActor
{
    private readonly NodeParts _parts;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private string _reason = "It was asked to stop.";
    private Exception? _failure;
    private bool _failed;

    /// <summary>Creates the actor.</summary>
    public HarmonySupervisor(NodeParts parts)
    {
        _parts = parts;
        Receive<StopNode>(stop => Fail(stop.Reason));
        Receive<Terminated>(terminated => Fail($"{terminated.ActorRef.Path.Name} stopped: {_failure?.Message ?? "without an error"}"));
    }

    /// <inheritdoc/>
    protected override void PreStart()
    {
        IActorRef log = Context.ActorOf(_parts.Log(), "log");
        IActorRef storage = Context.ActorOf(_parts.Storage(), "storage");
        IActorRef client = Context.ActorOf(_parts.Client(), "client");
        IActorRef raft = Context.ActorOf(_parts.Raft(log, storage, client), "raft");
        foreach (IActorRef part in new[] { log, storage, client, raft })
        {
            Context.Watch(part);
        }

        _parts.Started(client);
    }

    /// <inheritdoc/>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(exception =>
    {
        _failure ??= exception;
        return Directive.Stop;
    });

    // All children have stopped by now: nobody uses the files any more. One that failed while it was asked to stop has failed all the same.
    /// <inheritdoc/>
    protected override void PostStop() => _parts.Stopped(_failure is not null && !_failed
        ? new NodeStopReason($"A part failed while the node was stopping: {_failure.Message}", true, _failure)
        : new NodeStopReason(_reason, _failed, _failure));

    private void Fail(string reason)
    {
        if (!_failed)
        {
            _failed = true;
            _reason = reason;
            _log.Error(_failure!, "The node stops: {0}", reason);
            Context.Stop(Self);
        }
    }
}

/// <summary>How to make the parts of a node, and whom to tell when it has stopped.</summary>
internal sealed record NodeParts(
    Func<Props> Log,
    Func<Props> Storage,
    Func<Props> Client,
    Func<IActorRef, IActorRef, IActorRef, Props> Raft,
    Action<IActorRef> Started,
    Action<NodeStopReason> Stopped);
