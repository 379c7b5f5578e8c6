using Akka.Actor;
using HarmonyDB.DataFolder;
using HarmonyDB.Raft;
using HarmonyDB.Replication;
using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Tree;

namespace HarmonyDB.Actors;

/// <summary>
/// Reads snapshots for other members out of the store, and writes and checks one that comes in, aside of it. On a thread of its own, so that neither applying
/// nor a heartbeat waits for it. When to do what, the replica decides. Any exception stops the node.
/// </summary>
internal sealed class SnapshotActor : ReceiveActor
{
    private readonly NodeFiles _files;
    private readonly SnapshotFiles _incoming;
    private readonly Dictionary<ulong, SnapshotSource> _sources = [];
    private IActorRef _raft = ActorRefs.Nobody;

    /// <summary>Creates the actor for an open data folder.</summary>
    public SnapshotActor(NodeFiles files)
    {
        _files = files;
        _incoming = files.CreateSnapshotFiles();
        Receive<OpenSnapshotEffect>(open => Sender.Tell(new SnapshotOpened(open.TransferId, Open(open.TransferId))));
        Receive<ReadSnapshotEffect>(Read);
        Receive<SnapshotRead>(read =>
        {
            if (_sources.ContainsKey(read.TransferId))
            {
                _raft.Tell(read);
            }
        });
        Receive<CloseSnapshotEffect>(close =>
        {
            if (_sources.Remove(close.TransferId, out SnapshotSource? source))
            {
                source.Dispose();
            }
        });
        Receive<WriteSnapshotEffect>(Write);
        Receive<CheckSnapshotEffect>(check => Sender.Tell(new SnapshotChecked(_incoming.Check(check))));
        Receive<Status.Failure>(failure => throw new InvalidOperationException("Reading the store for a snapshot failed.", failure.Cause));
    }

    /// <summary>Props with the dispatcher this actor needs.</summary>
    public static Props Props(NodeFiles files) => Akka.Actor.Props.Create(() => new SnapshotActor(files)).WithDispatcher(NodeDispatchers.Snapshots);

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _incoming.Dispose();
        foreach (SnapshotSource source in _sources.Values)
        {
            source.Dispose();
        }
    }

    private LogIndex Open(ulong transferId)
    {
        try
        {
            var source = new SnapshotSource(_files.Store);
            _sources.Add(transferId, source);
            return source.Index;
        }
        catch (TooManyReadersException)
        {
            // The replica takes a state at 0 for one that is of no use, and the peer is asked again later.
            return LogIndex.Zero;
        }
    }

    private void Read(ReadSnapshotEffect read)
    {
        _raft = Sender;
        if (_sources.TryGetValue(read.TransferId, out SnapshotSource? source))
        {
            // A source that was closed meanwhile ends with a cancellation, which is nobody's failure.
            source.ReadAsync(read.MaximumBytes).PipeTo(
                Self, Self, part => new SnapshotRead(read.TransferId, part.Data, part.IsEnd),
                failure => failure.GetBaseException() is OperationCanceledException ? new SnapshotRead(0, default, false) : new Status.Failure(failure));
        }
    }

    private void Write(WriteSnapshotEffect part)
    {
        try
        {
            Sender.Tell(new SnapshotWritten(_incoming.Write(part)));
        }
        catch (DiskFullException e)
        {
            _incoming.Discard();
            Sender.Tell(new SnapshotChecked(e.Message));
        }
    }
}
