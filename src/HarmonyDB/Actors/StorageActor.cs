using Akka.Actor;
using Akka.Event;
using HarmonyDB.Configuration;
using HarmonyDB.DataFolder;
using HarmonyDB.Raft;
using HarmonyDB.Replication;
using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Tree;

namespace HarmonyDB.Actors;

/// <summary>
/// Owns the store's writer. Applies committed entries, all that have gathered in one write transaction with deferred durability, and makes
/// the store durable from time to time, off its own thread. Any exception stops the node: half an apply must not be served. While the disk is full nothing is
/// applied, and what there is is read on.
/// </summary>
internal sealed class StorageActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan SpaceInterval = TimeSpan.FromMilliseconds(500);

    private readonly NodeFiles _files;
    private readonly StoreSettings _settings;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private EntryApplier _applier;
    private SwapStoreEffect? _swap;
    private IActorRef _raft = ActorRefs.Nobody;
    private bool _gathering;
    private bool _checkpointing;
    private bool _isFull;
    private bool _isApplyStalled;
    private long _bytesSinceCheckpoint;

    /// <summary>Creates the actor for an open data folder.</summary>
    public StorageActor(NodeFiles files, StoreSettings settings)
    {
        _files = files;
        _applier = new EntryApplier(files.Keyspace);
        _settings = settings;
        Receive<ApplyEffect>(Enqueue);
        Receive<Gathered>(_ => ApplyGathered());
        Receive<ClockTick>(_ => Checkpoint());
        Receive<CheckpointDone>(_ =>
        {
            _checkpointing = false;
            HasSpace();
            _raft.Tell(new StoreCheckpointed(new LogIndex(_files.Store.OlderDurableMark)));
            Swap();
        });
        Receive<SwapStoreEffect>(swap =>
        {
            (_swap, _raft) = (swap, Sender);
            Swap();
        });
        Receive<LookForSpace>(_ =>
        {
            // Applying is what needs space first; what waits is in the mailbox no more.
            ApplyGathered();
            Checkpoint();
            if (!_checkpointing)
            {
                HasSpace();
            }
        });
        Receive<Status.Failure>(failure =>
        {
            _checkpointing = false;
            if (failure.Cause.GetBaseException() is not DiskFullException)
            {
                throw new InvalidOperationException("The checkpoint failed.", failure.Cause);
            }

            IsFull();
            Swap();
        });
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>Props with the dispatcher this actor needs.</summary>
    public static Props Props(NodeFiles files, StoreSettings settings) =>
        Akka.Actor.Props.Create(() => new StorageActor(files, settings)).WithDispatcher(NodeDispatchers.Storage);

    /// <inheritdoc/>
    protected override void PreStart() => Timers.StartPeriodicTimer("checkpoint", ClockTick.Instance, _settings.CheckpointInterval);

    private void Enqueue(ApplyEffect apply)
    {
        _raft = Sender;
        _applier.Add(apply);
        if (!_gathering)
        {
            _gathering = true;
            Self.Tell(Gathered.Instance);
        }
    }

    private void ApplyGathered()
    {
        List<AppliedEntry> applied;
        long bytes;
        try
        {
            applied = _applier.ApplyWaiting(out bytes);
        }
        catch (DiskFullException)
        {
            _isApplyStalled = true;
            IsFull();
            return;
        }

        _isApplyStalled = false;
        _gathering = _applier.AnyWaiting;
        if (_gathering)
        {
            Self.Tell(Gathered.Instance);
        }

        if (applied.Count == 0)
        {
            return;
        }

        _raft.Tell(new EntriesApplied(applied));
        _bytesSinceCheckpoint += bytes;
        if (_bytesSinceCheckpoint >= _settings.CheckpointBytes)
        {
            Checkpoint();
        }
    }

    // What the log kept back may be just what a checkpoint needs, after which the log can be shortened.
    private void IsFull()
    {
        if (_files.Reserve.GiveUp())
        {
            Self.Tell(LookForSpace.Instance);
        }
        else
        {
            Timers.StartSingleTimer("space", LookForSpace.Instance, SpaceInterval);
        }

        if (!_isFull)
        {
            _isFull = true;
            NodeMetrics.DiskFull(DiskPart.Store, true);
            _raft.Tell(new DiskSpaceChanged(DiskPart.Store, true));
        }
    }

    private void HasSpace()
    {
        if (_isFull && !_isApplyStalled)
        {
            _isFull = false;
            _raft.Tell(new DiskSpaceChanged(DiskPart.Store, false));
        }
    }

    // The flush runs on a pool thread while applying goes on; the store keeps what the new durable state needs.
    private void Checkpoint()
    {
        Store store = _files.Store;
        if (_checkpointing || store.DurableMark == _files.Keyspace.AppliedIndex)
        {
            return;
        }

        _checkpointing = true;
        _bytesSinceCheckpoint = 0;
        _log.Debug("Checkpoint of the store through entry {0}", _files.Keyspace.AppliedIndex);
        Task.Run(store.Checkpoint).PipeTo(Self, Self, () => CheckpointDone.Instance);
    }

    // What waits to be applied is in the snapshot. A checkpoint under way still uses the store that it takes the place of.
    private void Swap()
    {
        if (_swap is { } swap && !_checkpointing)
        {
            _swap = null;
            _files.SwapStore(swap);
            _applier = new EntryApplier(_files.Keyspace);
            _raft.Tell(StoreSwapped.Instance);
        }
    }

    private sealed class LookForSpace : INoSerializationVerificationNeeded
    {
        public static readonly LookForSpace Instance = new();
    }

    private sealed class CheckpointDone : INoSerializationVerificationNeeded
    {
        public static readonly CheckpointDone Instance = new();
    }
}
