using HarmonyDB.DataFolder;
using HarmonyDB.Raft;
using HarmonyDB.Replication;
using HarmonyDB.Storage.Tree;

namespace HarmonyDB.Simulation;

/// <summary>Does what SnapshotActor does: reads the store for other members, and writes and checks what comes in, each after what was asked before it.</summary>
internal sealed class SimulatedSnapshots : IDisposable
{
    private readonly ClusterSimulation _simulation;
    private readonly SimulatedNode _node;
    private readonly NodeFiles _files;
    private readonly SnapshotFiles _incoming;
    private readonly SimulatedRandom _random;
    private readonly Dictionary<ulong, (byte[] Stream, int Position)> _sources = [];
    private readonly Queue<ReplicaEffect> _waiting = new();
    private bool _isBusy;

    /// <summary>Creates it over an open folder.</summary>
    public SimulatedSnapshots(ClusterSimulation simulation, SimulatedNode node, NodeFiles files, SimulatedRandom random)
    {
        _simulation = simulation;
        _node = node;
        _files = files;
        _incoming = files.CreateSnapshotFiles();
        _random = random;
    }

    /// <summary>Takes an effect; it is carried out after all before it.</summary>
    public void Add(ReplicaEffect effect)
    {
        _waiting.Enqueue(effect);
        Continue();
    }

    /// <summary>Carries out what is due, and reports it.</summary>
    public void Done(Replica replica)
    {
        _isBusy = false;
        switch (_waiting.Dequeue())
        {
            case OpenSnapshotEffect open:
                replica.SnapshotOpened(open.TransferId, Open(open.TransferId));
                break;
            case ReadSnapshotEffect read when _sources.TryGetValue(read.TransferId, out (byte[] Stream, int Position) source):
                byte[] part = source.Stream.AsSpan(source.Position, Math.Min(read.MaximumBytes, source.Stream.Length - source.Position)).ToArray();
                _sources[read.TransferId] = (source.Stream, source.Position + part.Length);
                replica.SnapshotRead(read.TransferId, part, source.Position + part.Length == source.Stream.Length);
                break;
            case CloseSnapshotEffect close:
                _sources.Remove(close.TransferId);
                break;
            case WriteSnapshotEffect write:
                replica.SnapshotWritten(_incoming.Write(write));
                break;
            case CheckSnapshotEffect check:
                replica.SnapshotChecked(_incoming.Check(check));
                break;
        }

        Continue();
    }

    /// <inheritdoc/>
    public void Dispose() => _incoming.Dispose();

    // The real one reads as it goes, on a thread of its own; of a pinned state that gives the same bytes.
    private LogIndex Open(ulong transferId)
    {
        using ReadTransaction state = _files.Store.BeginRead("snapshot");
        using var stream = new MemoryStream();
        StoreSnapshot.Write(_files.Store, state, stream, CancellationToken.None);
        _sources.Add(transferId, (stream.ToArray(), 0));
        return new LogIndex(state.Mark);
    }

    private void Continue()
    {
        if (!_isBusy && _waiting.Count > 0)
        {
            _isBusy = true;
            _node.Schedule(_simulation.Now + _random.Ticks(0.05, 1), EventKind.SnapshotDone);
        }
    }
}
