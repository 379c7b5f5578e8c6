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
        Receive<PartFailed>(failed =>
        {
            _failure ??= failed.Failure;
            Fail($"{failed.Reason}: {failed.Failure.Message}");
        });
        Receive<Terminated>(terminated => Fail($"{terminated.ActorRef.Path.Name} stopped: {_failure?.Message ?? "without an error"}"));
    }

    /// <inheritdoc/>
    protected override void PreStart()
    {
        var parts = new PartRefs(
            Context.ActorOf(_parts.Log(), "log"),
            Context.ActorOf(_parts.Storage(), "storage"),
            Context.ActorOf(_parts.Snapshots(), "snapshots"),
            Context.ActorOf(_parts.Client(), "client"),
            Context.ActorOf(_parts.Members(), "members"));
        IActorRef raft = Context.ActorOf(_parts.Raft(parts), "raft");
        foreach (IActorRef part in new[] { parts.Log, parts.Storage, parts.Snapshots, parts.Client, parts.Members, raft })
        {
            Context.Watch(part);
        }

        _parts.Started(parts);
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
    Func<Props> Snapshots,
    Func<Props> Members,
    Func<Props> Client,
    Func<PartRefs, Props> Raft,
    Action<PartRefs> Started,
    Action<NodeStopReason> Stopped);

/// <summary>The parts of a node that RaftActor works with.</summary>
internal sealed record PartRefs(IActorRef Log, IActorRef Storage, IActorRef Snapshots, IActorRef Client, IActorRef Members);
