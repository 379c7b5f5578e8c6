using Akka.Actor;
using Akka.Event;
using HarmonyDB.Configuration;
using HarmonyDB.DataFolder;
using HarmonyDB.Keyspace;
using HarmonyDB.Raft;
using HarmonyDB.Replication;
using HarmonyDB.Storage.Tree;

namespace HarmonyDB.Actors;

/// <summary>
/// Owns the store's writer. Applies committed entries, all that have gathered in one write transaction with deferred durability, and makes
/// the store durable from time to time, off its own thread. Any exception stops the node: half an apply must not be served.
/// </summary>
internal sealed class StorageActor : ReceiveActor, IWithTimers
{
    private readonly KeyspaceStateMachine _keyspace;
    private readonly Store _store;
    private readonly StoreSettings _settings;
    private readonly EntryApplier _applier;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private IActorRef _raft = ActorRefs.Nobody;
    private bool _gathering;
    private bool _checkpointing;
    private long _bytesSinceCheckpoint;

    /// <summary>Creates the actor for an open store.</summary>
    public StorageActor(KeyspaceStateMachine keyspace, Store store, StoreSettings settings)
    {
        _keyspace = keyspace;
        _applier = new EntryApplier(keyspace);
        _store = store;
        _settings = settings;
        Receive<ApplyEffect>(Enqueue);
        Receive<Gathered>(_ => ApplyGathered());
        Receive<ClockTick>(_ => Checkpoint());
        Receive<CheckpointDone>(_ =>
        {
            _checkpointing = false;
            _raft.Tell(new StoreCheckpointed(new LogIndex(_store.OlderDurableMark)));
        });
        Receive<Status.Failure>(failure => throw new InvalidOperationException("The checkpoint failed.", failure.Cause));
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>Props with the dispatcher this actor needs.</summary>
    public static Props Props(KeyspaceStateMachine keyspace, Store store, StoreSettings settings) =>
        Akka.Actor.Props.Create(() => new StorageActor(keyspace, store, settings)).WithDispatcher(NodeDispatchers.Storage);

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
        List<AppliedEntry> applied = _applier.ApplyWaiting(out long bytes);
        _gathering = _applier.AnyWaiting;
        if (_gathering)
        {
            Self.Tell(Gathered.Instance);
        }

        _raft.Tell(new EntriesApplied(applied));
        _bytesSinceCheckpoint += bytes;
        if (_bytesSinceCheckpoint >= _settings.CheckpointBytes)
        {
            Checkpoint();
        }
    }

    // The flush runs on a pool thread while applying goes on; the store keeps what the new durable state needs.
    private void Checkpoint()
    {
        if (_checkpointing || _store.DurableMark == _keyspace.AppliedIndex)
        {
            return;
        }

        _checkpointing = true;
        _bytesSinceCheckpoint = 0;
        ulong through = _keyspace.AppliedIndex;
        _log.Debug("Checkpoint of the store through entry {0}", through);
        Task.Run(_store.Checkpoint).PipeTo(Self, Self, () => CheckpointDone.Instance);
    }

    private sealed class CheckpointDone : INoSerializationVerificationNeeded
    {
        public static readonly CheckpointDone Instance = new();
    }
}
