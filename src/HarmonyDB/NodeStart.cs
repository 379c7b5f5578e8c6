using System.Buffers.Binary;
using System.Security.Cryptography;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using HarmonyDB.Actors;
using HarmonyDB.Configuration;
using HarmonyDB.DataFolder;
using HarmonyDB.Messages;
using HarmonyDB.Raft;
using HarmonyDB.Replication;
using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Tree;

namespace HarmonyDB;

/// <summary>Starts the parts of a node in an ActorSystem and holds what their users share.</summary>
internal sealed class NodeStart
{
    private readonly TaskCompletionSource<NodeStopReason> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<IActorRef> _client = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<IActorRef> _members = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stopped = new();
    private readonly NodeFiles _files;
    private readonly long _started = TimeProvider.System.GetTimestamp();
    private IActorRef _supervisor = ActorRefs.Nobody;
    private ReplicaView _view;

    private NodeStart(HarmonySettings settings, NodeFiles files, ReplicaRestore restore)
    {
        Settings = settings;
        _files = files;
        _view = new ReplicaView(
            restore.Identity, null, restore.HardState.Term, MemberId.None, restore.LastIndex, restore.HardState.Commit, restore.Applied, restore.Configuration);
    }

    /// <summary>The settings.</summary>
    public HarmonySettings Settings { get; }

    /// <summary>Ends when all parts have stopped and the data folder is free.</summary>
    public Task<NodeStopReason> Completion => _completion.Task;

    /// <summary>Cancelled after <see cref="Completion"/>: what the front door has not answered by then never reached it.</summary>
    public CancellationToken StoppedToken => _stopped.Token;

    /// <summary>The front door, once the supervisor has made it.</summary>
    public Task<IActorRef> Client => _client.Task;

    /// <summary>The data folder, for reads of the store.</summary>
    public NodeFiles Files => _files;

    /// <summary>Where changes of the members are asked for, once the supervisor has made it.</summary>
    public Task<IActorRef> Members => _members.Task;

    /// <summary>What the replica last showed of itself.</summary>
    public ReplicaView View => Volatile.Read(ref _view);

    /// <summary>Starts a node with the system's configuration.</summary>
    public static NodeStart Start(ExtendedActorSystem system)
    {
        HarmonySettings settings = HarmonySettings.From(system.Settings.Config);
        Require(system, settings);
        system.Settings.InjectTopLevelFallback(ConfigurationFactory.ParseString(NodeDispatchers.Definitions));
        RegisterSerializer(system);

        NodeFiles files = NodeFiles.Open(settings, new SystemDisk(), Guid.NewGuid, text => system.Log.Warning("{0}", text));
        try
        {
            ReplicaRestore restore = files.Restore(settings.Self);
            var node = new NodeStart(settings, files, restore);
            node._supervisor = system.ActorOf(Props.Create(() => new HarmonySupervisor(node.Parts(system, restore))), "harmony");
            return node;
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    /// <summary>Stops the node and waits until it has. A leader hands over first: the others need not wait until they miss it.</summary>
    public async Task<NodeStopReason> StopAsync(TimeSpan timeout)
    {
        if (!Completion.IsCompleted)
        {
            await HandOverAsync().ConfigureAwait(false);
            await _supervisor.GracefulStop(timeout).ConfigureAwait(false);
        }

        return await Completion.ConfigureAwait(false);
    }

    private async Task HandOverAsync()
    {
        if (!View.IsLeader || View.Configuration is not { } configuration || configuration.Members.Count(m => !m.IsLearner) < 2)
        {
            return;
        }

        TimeSpan patience = 2 * Settings.Raft.ElectionTimeoutMaximum;
        try
        {
            IActorRef members = await Members.ConfigureAwait(false);
            await members.Ask<ChangeAnswer>(new SubmitTransfer(MemberId.None, patience), 2 * patience, _stopped.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is AskTimeoutException or OperationCanceledException or HarmonyDB.Client.NodeStoppedException)
        {
            // It stops all the same: the others elect a leader once they miss this one.
        }
    }

    /// <summary>A reader found a damaged page: nothing more is served from this store, and the next start sets it aside.</summary>
    public void StoreIsDamaged(StoreDamagedException damage) => _supervisor.Tell(new PartFailed("The store is damaged", damage));

    // Monotonic: a wall clock that jumps must not start elections.
    private TimeSpan Clock() => TimeProvider.System.GetElapsedTime(_started);

    private NodeParts Parts(ActorSystem system, ReplicaRestore restore)
    {
        RaftSettings raft = Settings.Raft;
        var options = new ReplicaOptions(
            [.. Settings.Members.Select(m => new NodeIdentity(m.Name, m.RaftAddress, m.ClientUrls, default, 0, 0))],
            Settings.BirthProbeInterval,
            id => new RaftOptions
            {
                Id = id,
                HeartbeatInterval = raft.HeartbeatInterval,
                ElectionTimeoutMinimum = raft.ElectionTimeoutMinimum,
                ElectionTimeoutMaximum = raft.ElectionTimeoutMaximum,
                MaximumAppendBytes = raft.AppendBytesMaximum,
                MaximumEntryBytes = Settings.Limits.RequestBytesMaximum + NodeFiles.RequestOverheadBytes,
                MaximumInflightAppends = raft.InflightAppendsMaximum,
                MaximumInflightBytes = raft.InflightBytesMaximum,
                MaximumTailBytes = raft.TailBytesMaximum,
                MaximumUncommittedBytes = raft.UncommittedBytesMaximum,
                MaximumUncommittedEntries = raft.UncommittedEntriesMaximum,
                PreVote = raft.PreVote,
                CheckQuorum = raft.CheckQuorum,
                LeaseReads = raft.LeaseReads,
                ClockDriftBound = raft.ClockDriftPercent / 100.0,
                ConfigurationCodec = new ClusterConfigurationCodec(),
            })
        {
            RetainLogBytes = Settings.LogRetainBytes,
            Joins = Settings.Joins,
            SnapshotPinTimeout = Settings.SnapshotPinTimeout,
        };
        var random = new SeededRandomSource(BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(8)));
        var tick = TimeSpan.FromMilliseconds(1);
        Func<string, ICanTell> Locator(string actor) => address => system.ActorSelection($"akka.tcp://{system.Name}@{address}/user/harmony/{actor}");
        return new NodeParts(
            () => LogActor.Props(_files, Settings.LogStallThreshold),
            () => StorageActor.Props(_files, Settings.Store),
            () => SnapshotActor.Props(_files),
            () => MembershipActor.Props(() => View.Identity.ClusterId, Clock, Locator("members")),
            () => ClientActor.Props(Settings, () => View.Identity.ClusterId, Clock, Locator("client")),
            parts => RaftActor.Props(new RaftActorSettings(
                now => new Replica(options, restore, random, now), Clock, tick, Locator("raft"), parts, view => Volatile.Write(ref _view, view))),
            parts =>
            {
                _members.TrySetResult(parts.Members);
                _client.TrySetResult(parts.Client);
            },
            Stopped);
    }

    private void Stopped(NodeStopReason reason)
    {
        try
        {
            // After a failure nothing more is written: the next start recovers from what is durable.
            if (!reason.Failed)
            {
                _files.Close();
            }
            else if (IsStoreDamage(reason.Failure))
            {
                _files.MarkStoreDamaged();
            }
        }
        catch (IOException e)
        {
            reason = new NodeStopReason($"Closing the data folder failed: {e.Message}", true, e);
        }
        finally
        {
            _files.Dispose();
            _completion.TrySetResult(reason);
            _members.TrySetException(new Client.NodeStoppedException(reason.Reason, reason.Failure));
            _client.TrySetException(new Client.NodeStoppedException(reason.Reason, reason.Failure));
            _stopped.Cancel();
        }
    }

    private static bool IsStoreDamage(Exception? failure) => failure is not null && (failure is StoreDamagedException || IsStoreDamage(failure.InnerException));

    // A system that was created with HarmonyConfig.Akka has it already.
    private static void RegisterSerializer(ExtendedActorSystem system)
    {
        if (system.Settings.Config.HasPath("akka.actor.serializers.harmony-peers"))
        {
            return;
        }

        var serializer = new PeerSerializer(system);
        system.Serialization.AddSerializer("harmony-peers", serializer);
        foreach (Type type in PeerSerializer.Types)
        {
            system.Serialization.AddSerializationMap(type, serializer);
        }
    }

    private static void Require(ExtendedActorSystem system, HarmonySettings settings)
    {
        if (system.Name != settings.ActorSystemName)
        {
            throw new ConfigurationProblemException(
                $"This ActorSystem is \"{system.Name}\", but harmony.cluster.actor-system is \"{settings.ActorSystemName}\": peers would not find it. Make them equal on every node.");
        }

        long frameBytes = system.Settings.Config.GetByteSize("akka.remote.dot-netty.tcp.maximum-frame-size") ?? 0;
        int largest = Math.Max(SnapshotSending.ChunkBytes, Math.Max(settings.Limits.RequestBytesMaximum, settings.Raft.AppendBytesMaximum));
        long needed = largest + NodeFiles.RequestOverheadBytes;
        if (settings.Members.Count > 1 && frameBytes < needed)
        {
            // Akka.Remote drops what is larger, with no more than a line in the log, and Raft would send it for ever (A1).
            throw new ConfigurationProblemException(
                $"akka.remote.dot-netty.tcp.maximum-frame-size is {frameBytes} bytes; harmony.limits, harmony.raft and snapshots need at least {needed}. Raise it, or lower them.");
        }
    }
}
