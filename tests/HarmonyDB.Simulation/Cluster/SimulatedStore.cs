using HarmonyDB.DataFolder;
using HarmonyDB.Raft;
using HarmonyDB.Replication;

namespace HarmonyDB.Simulation;

/// <summary>Does what StorageActor does: applies what gathered in one transaction, and makes the store durable from time to time.</summary>
internal sealed class SimulatedStore
{
    private readonly ClusterSimulation _simulation;
    private readonly SimulatedNode _node;
    private readonly NodeFiles _files;
    private readonly SimulatedRandom _random;
    private EntryApplier _applier;
    private bool _scheduled;

    /// <summary>Creates it over an open folder.</summary>
    public SimulatedStore(ClusterSimulation simulation, SimulatedNode node, NodeFiles files, SimulatedRandom random)
    {
        _simulation = simulation;
        _node = node;
        _files = files;
        _random = random;
        _applier = new EntryApplier(files.Keyspace);
    }

    /// <summary>Begins to make checkpoints.</summary>
    public void Begin() => _node.Schedule(_simulation.Now + _random.Between(1, _simulation.Settings.CheckpointTicks), EventKind.Checkpoint);

    /// <summary>Takes committed entries.</summary>
    public void Add(ApplyEffect apply)
    {
        _simulation.Checks.Committed(_node, apply.Entries);
        _applier.Add(_simulation.Settings.Canary == Canary.DivergentApply && _node.Number == 0 ? Diverge(apply) : apply);
        ScheduleApply();
    }

    /// <summary>Applies what waits, and reports it.</summary>
    public void Apply(Replica replica)
    {
        _scheduled = false;
        List<AppliedEntry> applied = _applier.ApplyWaiting(out _);
        if (applied.Count == 0)
        {
            return;
        }

        if (_applier.AnyWaiting)
        {
            ScheduleApply();
        }

        _simulation.Checks.Applied(_node, _files.Keyspace);
        replica.Applied(applied);
    }

    /// <summary>Puts a snapshot in the place of the store. What waits to be applied is in it.</summary>
    public void Swap(SwapStoreEffect swap)
    {
        _files.SwapStore(swap);
        _applier = new EntryApplier(_files.Keyspace);
        _simulation.Faults.Count(FaultKind.Snapshot);
        _simulation.Checks.Applied(_node, _files.Keyspace);
        _node.Schedule(_simulation.Now, EventKind.Swapped);
    }

    /// <summary>Makes the store durable, and checks all of it now and then.</summary>
    public void Checkpoint(Replica replica)
    {
        if (_files.Store.DurableMark != _files.Keyspace.AppliedIndex)
        {
            _files.Store.Checkpoint();
            if (_random.Chance(250))
            {
                _simulation.Checks.WholeStore(_node, _files);
            }

            replica.StoreCheckpointed(new LogIndex(_files.Store.OlderDurableMark));
        }

        _node.Schedule(_simulation.Now + _simulation.Settings.CheckpointTicks, EventKind.Checkpoint);
    }

    private static ApplyEffect Diverge(ApplyEffect apply) => new(
        [.. apply.Entries.Select(e => e.Kind == EntryKind.Command && e.Index.Value % 50 == 0 ? e with { Payload = ReadOnlyMemory<byte>.Empty } : e)]);

    private void ScheduleApply()
    {
        if (!_scheduled)
        {
            _scheduled = true;
            long ticks = _random.Between(TimeSpan.TicksPerMillisecond / 50, _simulation.Settings.ApplyTicksMaximum) + _node.Speed.ApplyTicks;
            _node.Schedule(_simulation.Now + ticks, EventKind.Apply);
        }
    }
}
