using System.Buffers.Binary;
using HarmonyDB.Actors;
using HarmonyDB.Configuration;
using HarmonyDB.Keyspace;
using HarmonyDB.Replication;
using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Log;
using HarmonyDB.Storage.Tree;

namespace HarmonyDB.DataFolder;

/// <summary>
/// Opens log and store of a locked folder, and decides what becomes of damage. A damaged store is set aside and made again by replaying the log, if that goes
/// back to its beginning. A damaged log, or a store that the log alone cannot make again, takes the member with it: docs/architecture.md has the reasoning.
/// </summary>
internal sealed class FolderRecovery
{
    private readonly HarmonySettings _settings;
    private readonly Disk _disk;
    private readonly Func<Guid> _newBirthId;
    private readonly Action<string> _tell;

    /// <summary>Creates it.</summary>
    /// <param name="settings">Names the folder and the node.</param>
    /// <param name="disk">The disk.</param>
    /// <param name="newBirthId">Makes a birth id for a folder that begins anew.</param>
    /// <param name="tell">Takes what an operator should read.</param>
    public FolderRecovery(HarmonySettings settings, Disk disk, Func<Guid> newBirthId, Action<string> tell)
    {
        _settings = settings;
        _disk = disk;
        _newBirthId = newBirthId;
        _tell = tell;
    }

    private string Folder => _settings.DataDirectory;

    /// <summary>Opens both.</summary>
    /// <param name="identity">Whose folder it is; another one if it begins anew.</param>
    /// <exception cref="DataFolderException">Something is damaged that this node cannot do without.</exception>
    public (SegmentedLog Log, OpenStore Store) Open(ref FolderIdentity identity)
    {
        if (Quarantine.IsFolderMarked(_disk, Folder))
        {
            identity = Quarantine.TakeFolder(_disk, Folder, identity, _newBirthId);
        }

        SegmentedLog log;
        try
        {
            log = OpenLog(identity);
        }
        catch (LogDamagedException damage) when (!damage.IsForeign)
        {
            identity = BeginAnew(identity, damage.Message, damage);
            log = OpenLog(identity);
        }

        try
        {
            OpenStore store = OpenStoreOrSetItAside(identity, log, out string? damage);
            if (store.Store.DurableMark > 0 || log.FirstIndex == 1)
            {
                return (log, store);
            }

            // Without the state that the log begins after there is nothing to apply its entries to.
            store.Store.Dispose();
            log.Dispose();
            identity = BeginAnew(
                identity, $"{damage ?? $"'{NodeFiles.StorePath(Folder)}' is empty."} The log begins at entry {log.FirstIndex}: it cannot make the store again.", null);
            log = OpenLog(identity);
            return (log, OpenStoreOrSetItAside(identity, log, out _));
        }
        catch
        {
            log.Dispose();
            throw;
        }
    }

    /// <summary>How the store of a folder is opened.</summary>
    public StoreOptions StoreOptions(FolderIdentity identity) => new()
    {
        Disk = _disk,
        PageSizeBytes = _settings.Store.PageSizeBytes,
        StoreId = identity.BirthId,
        MaximumReaders = _settings.Store.ReadersMaximum,
        IsLockedByCaller = true,
    };

    private SegmentedLog OpenLog(FolderIdentity identity)
    {
        byte[] birthId = identity.BirthId.ToByteArray(bigEndian: true);
        var progress = new RecoveryProgress(_tell, TimeProvider.System);
        var log = SegmentedLog.Open(_disk, Path.Combine(Folder, "log"), new LogOptions
        {
            OwnerId = new UInt128(BinaryPrimitives.ReadUInt64BigEndian(birthId), BinaryPrimitives.ReadUInt64BigEndian(birthId.AsSpan(8))),
            SegmentBytes = (int)_settings.LogSegmentBytes,
            MaximumEntryBytes = _settings.Limits.RequestBytesMaximum + NodeFiles.RequestOverheadBytes,
            Progress = progress.Report,
        });
        if (log.Recovery.CutBytes > 0)
        {
            NodeMetrics.TailCut(log.Recovery.CutBytes);
            _tell($"Cut {log.Recovery.CutBytes} bytes off the log, from byte {log.Recovery.CutOffset} of '{log.Recovery.CutPath}' on: written before the last crash, "
                + "and acknowledged to nobody.");
        }

        return log;
    }

    private OpenStore OpenStoreOrSetItAside(FolderIdentity identity, SegmentedLog log, out string? damage)
    {
        damage = Quarantine.IsStoreMarked(_disk, Folder) ? "A page of the store was found damaged while the node ran." : null;
        if (damage is null)
        {
            try
            {
                return OpenStore(identity, log);
            }
            catch (StoreDamagedException e)
            {
                damage = e.Message;
            }
        }

        string? taken = Quarantine.TakeStore(_disk, Folder);
        NodeMetrics.FileQuarantined(DiskPart.Store);
        damage += $" It is set aside as '{taken}'.";
        _tell(damage);
        return OpenStore(identity, log);
    }

    // Touches what a start needs: damage there shows now and not later.
    private OpenStore OpenStore(FolderIdentity identity, SegmentedLog log)
    {
        Store store = OpenNewestStore(log, StoreOptions(identity));
        try
        {
            FolderChecks.RefuseForeignStore(store, identity, Folder);
            var keyspace = new KeyspaceStateMachine(store);
            _ = keyspace.Configuration;
            return new OpenStore(store, keyspace);
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    // A snapshot is installed once the log begins after it. If the node stopped before the store was replaced, that is done now (R45, R46, R48).
    private Store OpenNewestStore(SegmentedLog log, StoreOptions options)
    {
        string path = NodeFiles.StorePath(Folder);
        bool waits = SnapshotFiles.IsComplete(_disk, Folder, log);
        Store? store = !waits || _disk.FileExists(path) ? Store.Open(path, options) : null;
        if (waits && (store is null || store.DurableMark < log.FirstIndex - 1))
        {
            store?.Dispose();
            SnapshotFiles.Take(_disk, Folder, log.FirstIndex - 1, log.TermAt(log.FirstIndex - 1));
            store = Store.Open(path, options);
        }

        SnapshotFiles.DiscardAll(_disk, Path.Combine(Folder, "incoming"));
        return store!;
    }

    private FolderIdentity BeginAnew(FolderIdentity identity, string damage, Exception? cause)
    {
        if (!_settings.RejoinsWhenDamaged || _settings.Members.Count < 2 || identity.ClusterId == 0)
        {
            throw new DataFolderException(damage + (_settings.Members.Count < 2 || identity.ClusterId == 0
                ? " No other member has the data. Put an undamaged copy of the whole folder back; harmony store salvage reads what can be read of a store."
                : $" Set harmony.recovery.rejoin-when-damaged = on, or run on another node: harmony member remove {identity.MemberId:x}; "
                    + $"harmony member add {_settings.Self.RaftAddress}. Then empty '{Folder}' and start this node with harmony.cluster.join = on."), cause);
        }

        FolderIdentity anew = Quarantine.TakeFolder(_disk, Folder, identity, _newBirthId);
        NodeMetrics.FileQuarantined(DiskPart.Log);
        _tell($"{damage} All files of member {identity.MemberId:x} are set aside in '{Path.Combine(Folder, "quarantine")}'. This node does not vote as that member "
            + "any more; it asks to join as a new one in its place, and waits until the others have a quorum without it.");
        return anew;
    }
}

/// <summary>A store and the keyspace in it.</summary>
internal sealed record OpenStore(Store Store, KeyspaceStateMachine Keyspace);
