using HarmonyDB.Configuration;
using HarmonyDB.Keyspace;
using HarmonyDB.Messages;
using HarmonyDB.Raft;
using HarmonyDB.Replication;
using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Log;
using HarmonyDB.Storage.Tree;

namespace HarmonyDB.DataFolder;

/// <summary>An open data folder: <c>lock</c>, <c>identity</c>, <c>log/</c>, <c>store.hdb</c> and <c>reserve</c>.</summary>
/// <remarks>The log belongs to LogActor's thread and the store's writer to StorageActor's from the moment the node runs; reads may come from anywhere.</remarks>
internal sealed class NodeFiles : IDisposable
{
    /// <summary>Room for the frame around the largest request, in the log and on the wire.</summary>
    internal const int RequestOverheadBytes = 64 << 10;

    private readonly Disk _disk;
    private readonly string _directory;
    private readonly IDisposable _lock;
    private readonly IDisposable _storeLock;
    private readonly StoreOptions _storeOptions;
    private OpenStore _open;

    private NodeFiles(
        Disk disk, string directory, (IDisposable Folder, IDisposable Store) locks, FolderIdentity identity, SegmentedLog log, OpenStore open, StoreOptions storeOptions,
        SpaceReserve reserve)
    {
        Reserve = reserve;
        _disk = disk;
        _directory = directory;
        (_lock, _storeLock) = locks;
        _storeOptions = storeOptions;
        Identity = identity;
        Log = log;
        _open = open;
    }

    /// <summary>Whose folder it is, as it was opened.</summary>
    public FolderIdentity Identity { get; private set; }

    /// <summary>The log.</summary>
    public SegmentedLog Log { get; }

    /// <summary>Space kept back for when the disk is full.</summary>
    public SpaceReserve Reserve { get; }

    /// <summary>The store. Another one once a snapshot has taken its place; for reads use <see cref="BeginRead"/>.</summary>
    public Store Store => Volatile.Read(ref _open).Store;

    /// <summary>The keyspace in the store.</summary>
    public KeyspaceStateMachine Keyspace => Volatile.Read(ref _open).Keyspace;

    /// <summary>Opens the folder, creating what a new one lacks.</summary>
    /// <param name="settings">Names the folder and the node.</param>
    /// <param name="disk">The disk.</param>
    /// <param name="newBirthId">Makes a birth id for a new folder.</param>
    /// <param name="tell">Takes what an operator should read: what was cut, set aside, or takes long. Null for nobody.</param>
    /// <exception cref="DataFolderException">It is another node's, damaged, open to others, or cannot be read.</exception>
    /// <exception cref="FileLockedException">Another process has it.</exception>
    /// <exception cref="DiskFullException">There is no space for what a new folder needs, or a repair.</exception>
    public static NodeFiles Open(HarmonySettings settings, Disk disk, Func<Guid> newBirthId, Action<string>? tell = null)
    {
        tell ??= _ => { };
        try
        {
            return TryOpen(settings, disk, newBirthId, tell);
        }
        catch (DiskFullException) when (SpaceReserve.GiveUp(disk, settings.DataDirectory))
        {
            // What was kept back is for this: to start and to repair on a full disk (W22).
            return TryOpen(settings, disk, newBirthId, tell);
        }
    }

    private static NodeFiles TryOpen(HarmonySettings settings, Disk disk, Func<Guid> newBirthId, Action<string> tell)
    {
        string directory = settings.DataDirectory;
        IDisposable? @lock = null;
        IDisposable? storeLock = null;
        SegmentedLog? log = null;
        Store? store = null;
        SpaceReserve? reserve = null;
        try
        {
            FolderChecks.RefuseFile(disk, directory);
            disk.CreateDirectory(directory);
            FolderChecks.RefuseOpenFolder(disk, directory);
            string lockPath = Path.Combine(directory, "lock");
            @lock = disk.Lock(lockPath);
            FolderChecks.RefuseUnreliableFileSystem(disk, directory, lockPath);
            FolderIdentity identity = OpenIdentity(settings, disk, directory, newBirthId);
            FolderChecks.RefuseRemoved(identity, settings);

            // Under the name that tools look for, but held by the folder: a snapshot that takes the store's place must not have to wait for readers.
            storeLock = disk.Lock(StorePath(directory) + ".lock");
            var recovery = new FolderRecovery(settings, disk, newBirthId, tell);
            (log, OpenStore open) = recovery.Open(ref identity);
            store = open.Store;
            reserve = new SpaceReserve(disk, directory, settings.LogSegmentBytes);
            reserve.TryTake();
            return new NodeFiles(disk, directory, (@lock, storeLock), identity, log, open, recovery.StoreOptions(identity), reserve);
        }
        catch (Exception e)
        {
            reserve?.Dispose();
            store?.Dispose();
            log?.Dispose();
            storeLock?.Dispose();
            @lock?.Dispose();
            if (e is UnauthorizedAccessException or DirectoryNotFoundException or FileNotFoundException)
            {
                throw new DataFolderException($"The data folder '{directory}' cannot be used: {e.Message} Check that it belongs to the user who runs this node.", e);
            }

            throw;
        }
    }

    /// <summary>Begins to read the newest committed state; what is open goes on when a snapshot takes the store's place.</summary>
    /// <exception cref="ObjectDisposedException">The folder was closed.</exception>
    /// <exception cref="TooManyReadersException">All readers are in use.</exception>
    public ReadTransaction BeginRead()
    {
        while (true)
        {
            Store store = Store;
            try
            {
                return store.BeginRead();
            }
            catch (ObjectDisposedException) when (store != Store)
            {
                // It was replaced between the two lines above.
            }
        }
    }

    /// <summary>Where snapshots come in.</summary>
    public SnapshotFiles CreateSnapshotFiles() => new(_disk, _directory, Identity.BirthId);

    /// <summary>
    /// Puts the snapshot that lies aside in the place of the store, durably. The log begins after it already. For the store writer's thread, with no
    /// write transaction or checkpoint under way. Readers of the old store keep it until they end.
    /// </summary>
    /// <exception cref="DeviceFailedException">The device failed: the node stops, and its next start does this again.</exception>
    public void SwapStore(SwapStoreEffect swap)
    {
        SnapshotFiles.Take(_disk, _directory, swap.Index.Value, swap.Term.Value);
        Store old = Store;
        var store = Store.Open(StorePath(_directory), _storeOptions);
        Volatile.Write(ref _open, new OpenStore(store, new KeyspaceStateMachine(store)));
        old.Dispose();
    }

    /// <summary>What a replica starts from.</summary>
    /// <exception cref="DataFolderException">Identity and log contradict each other.</exception>
    public ReplicaRestore Restore(MemberSettings self)
    {
        IReadOnlyList<(LogIndex Index, ClusterConfiguration Configuration)> configurations = ReadConfigurations();
        ClusterConfiguration? configuration = configurations.Count == 0 ? null : configurations[^1].Configuration;
        // One that joined and has no entry yet has at least a term.
        if (Identity.ClusterId != 0 && Log.LastIndex == 0 && (Log.HardState.Term == 0 || configuration is not null))
        {
            throw new DataFolderException(
                $"'{_directory}' belongs to cluster {Identity.ClusterId:x16}, but its log is empty: part of the folder was lost. "
                + "Restore the whole folder from a copy, or empty it and have this member replaced.");
        }

        if (configuration is not null && Identity.ClusterId == 0)
        {
            // A crash between the first log entry and the identity file: the log is the truth, say it again.
            ClusterMember member = configuration.Find(Identity.BirthId)
                ?? throw new DataFolderException($"The log in '{_directory}' is that of another folder. Bring the folder back as it was.");
            SaveIdentity(configuration.ClusterId, member.Id.Value);
        }

        if (configuration is not null)
        {
            FolderChecks.RefuseForeignIdentity(Identity, configuration, _directory);
        }

        if (Log.FirstIndex > Keyspace.AppliedIndex + 1)
        {
            throw new DataFolderException(
                $"The log in '{_directory}' begins at entry {Log.FirstIndex}, but the store has applied only up to {Keyspace.AppliedIndex}: segments were lost. "
                + "Restore the whole folder from a copy, or empty it and have this member replaced.");
        }

        if (Log.LastIndex < Keyspace.AppliedIndex)
        {
            throw new DataFolderException(
                $"The store in '{_directory}' has applied entry {Keyspace.AppliedIndex}, but the log ends at {Log.LastIndex}: part of the folder was lost. "
                + "Restore the whole folder from a copy, or empty it and have this member replaced.");
        }

        LogHardState hard = Log.HardState;
        if (configuration is not null && Log.LastIndex < hard.Commit)
        {
            // It is written only once the entries are durable (R58); but for the first one, which may be torn off while there is no member yet.
            throw new DataFolderException(
                $"The log in '{_directory}' says that entry {hard.Commit} is committed, but ends at {Log.LastIndex}: part of the folder was lost. "
                + "Restore the whole folder from a copy, or empty it and have this member replaced.");
        }

        return new ReplicaRestore(
            new NodeIdentity(self.Name, self.RaftAddress, self.ClientUrls, Identity.BirthId, Identity.ClusterId, Identity.MemberId) { Replaces = Identity.Replaces },
            configuration,
            configurations.Count == 0 ? default : configurations[^1].Index,
            new HardState(new Term(hard.Term), new MemberId(hard.Vote), new LogIndex(Math.Max(hard.Commit, Keyspace.AppliedIndex))),
            new LogIndex(Log.FirstIndex),
            new LogIndex(Log.LastIndex),
            TermBoundaries(),
            new LogIndex(Keyspace.AppliedIndex))
        {
            EarlierConfigurations = [.. configurations.SkipLast(1)],
        };
    }

    /// <summary>Records, durably, which cluster and member the folder belongs to, or that this member was removed: then it is never opened again.</summary>
    public void SaveIdentity(ulong clusterId, ulong memberId, bool isRemoved = false)
    {
        FolderIdentity identity = Identity with { ClusterId = clusterId, MemberId = memberId, IsRemoved = isRemoved, Replaces = default };
        IdentityFile.Write(_disk, _directory, identity);
        Identity = identity;
    }

    /// <summary>Notes, durably, that a page of the store was found damaged: the next start sets the store aside.</summary>
    /// <exception cref="DeviceFailedException">The device failed.</exception>
    public void MarkStoreDamaged() => Quarantine.MarkStore(_disk, _directory);

    /// <summary>
    /// Ends cleanly: makes the store durable and vouches for all of the log, so that the next start has nothing to replay and nothing to doubt. On a full disk
    /// it leaves that to the next start.
    /// </summary>
    /// <exception cref="DeviceFailedException">The device failed.</exception>
    public void Close()
    {
        if (_disk.Failure is not null)
        {
            return;
        }

        try
        {
            Store.Checkpoint();
        }
        catch (DiskFullException)
        {
            // Nothing acknowledged depends on it: the log has the rest.
        }

        try
        {
            Log.Close();
        }
        catch (DiskFullException)
        {
            // All of the log is durable; only its last batch will be doubted at the next start.
        }
    }

    /// <summary>Lets go of store and log without writing, and gives the folder free.</summary>
    public void Dispose()
    {
        try
        {
            Store.Dispose();
            Log.Dispose();
        }
        finally
        {
            Reserve.Dispose();
            _storeLock.Dispose();
            _lock.Dispose();
        }
    }

    /// <summary>The store's file in a data folder.</summary>
    internal static string StorePath(string directory) => Path.Combine(directory, "store.hdb");

    private static FolderIdentity OpenIdentity(HarmonySettings settings, Disk disk, string directory, Func<Guid> newBirthId)
    {
        FolderIdentity? identity = IdentityFile.Read(disk, directory);
        if (identity is null)
        {
            // The identity is the first thing a new folder gets: whatever else is there came after it.
            string log = Path.Combine(directory, "log");
            if (disk.FileExists(Path.Combine(directory, "store.hdb")) || (disk.DirectoryExists(log) && disk.ListFiles(log).Count > 0))
            {
                throw new DataFolderException(
                    $"'{directory}' has a store or a log but no identity: part of the folder was lost. "
                    + "Restore the whole folder, or start with an empty one and have this member replaced.");
            }

            identity = new FolderIdentity(settings.Name, newBirthId(), 0, 0);
            IdentityFile.Write(disk, directory, identity);
        }

        return identity.Name == settings.Name
            ? identity
            : throw new DataFolderException(
                $"'{directory}' belongs to the node \"{identity.Name}\", but harmony.name is \"{settings.Name}\". Each node needs its own folder: set harmony.data-dir.");
    }

    // Without the term of the entry before the first one nothing could be compared with it (R42).
    private List<(LogIndex FirstIndex, Term Term)> TermBoundaries()
    {
        ulong baseIndex = Log.FirstIndex - 1;
        ulong baseTerm = Log.TermAt(baseIndex);
        var boundaries = new List<(LogIndex FirstIndex, Term Term)>();
        if (baseTerm > 0)
        {
            boundaries.Add((new LogIndex(baseIndex), new Term(baseTerm)));
        }

        boundaries.AddRange(Log.TermBoundaries.Where(b => b.Term > baseTerm).Select(b => (new LogIndex(b.FirstIndex), new Term(b.Term))));
        return boundaries;
    }

    // The store has the newest configuration that it applied, in the commit that applied it; the log, which may begin later, has those after (R3, R46).
    private List<(LogIndex Index, ClusterConfiguration Configuration)> ReadConfigurations()
    {
        const long ReadBytes = 1 << 20;
        var found = new List<(LogIndex Index, ClusterConfiguration Configuration)>();
        if (Keyspace.Configuration is { Index: > 0 } applied)
        {
            found.Add((new LogIndex(applied.Index), ClusterConfiguration.Parse(applied.Payload)));
        }

        var entries = new List<LogEntry>();
        for (ulong next = Math.Max(Keyspace.AppliedIndex + 1, Log.FirstIndex); next <= Log.LastIndex; next += (ulong)entries.Count)
        {
            entries.Clear();
            Log.Read(next, Log.LastIndex + 1, ReadBytes, entries);
            found.AddRange(entries.Where(e => e.Kind == (byte)EntryKind.Configuration)
                .Select(e => (new LogIndex(e.Index), ClusterConfiguration.Parse(e.Payload.Span))));
        }

        return found;
    }
}
