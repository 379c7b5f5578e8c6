using System.Buffers;
using Google.Protobuf;
using Google.Protobuf.Collections;
using HarmonyDB.Messages;
using HarmonyDB.Storage.Tree;

namespace HarmonyDB.Keyspace;

/// <summary>The commands, carried out in a store transaction. Knows nothing of the log; the revision counts on from where it was given.</summary>
internal sealed class KeyspaceWriter
{
    private readonly TreeWriter _latest;
    private readonly TreeWriter _system;
    private StateHash _stateHash;

    public KeyspaceWriter(WriteTransaction transaction, long revision, StateHash stateHash)
    {
        _latest = transaction.OpenTree(KeyspaceLayout.LatestTree);
        _system = transaction.OpenTree(KeyspaceLayout.SystemTree);
        Revision = revision;
        _stateHash = stateHash;
    }

    /// <summary>Hash of the content as it is now.</summary>
    public StateHash StateHash => _stateHash;

    /// <summary>The revision of the last command that wrote something.</summary>
    public long Revision { get; private set; }

    /// <summary>Stores a value. Always spends a revision, even when the value is what was there.</summary>
    /// <param name="key">Not empty.</param>
    /// <param name="value">May be empty.</param>
    /// <param name="lease">The lease to attach the key to, instead of the one it has; 0 for none.</param>
    /// <param name="previous">Receives what was there before; null when it was not asked for.</param>
    public void Put(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long lease, RepeatedField<StoredKeyValue>? previous)
    {
        var revision = checked(Revision + 1);
        var createRevision = revision;
        var version = 1L;
        if (_latest.TryGet(key, out var stored))
        {
            var before = KeyRecord.Read(stored);
            createRevision = before.CreateRevision;
            version = checked(before.Version + 1);
            previous?.Add(Copy(key, before));
            _stateHash.Remove(key, stored);
        }

        var record = new KeyRecord(createRevision, revision, version, lease, value);
        var buffer = ArrayPool<byte>.Shared.Rent(record.StoredBytesMax);
        try
        {
            var written = record.Write(buffer);
            _stateHash.Add(key, written);
            _latest.Put(key, written);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        Revision = revision;
    }

    /// <summary>Deletes every key of a range. Spends one revision, or none when there was no key in it.</summary>
    /// <param name="range">The keys.</param>
    /// <param name="previous">Receives what was deleted, in key order; null when it was not asked for.</param>
    /// <returns>Number of keys deleted.</returns>
    public long DeleteRange(RangeBounds range, RepeatedField<StoredKeyValue>? previous)
    {
        var deleted = range.IsSingleKey ? DeleteKey(range.Start, previous) : DeleteKeys(range, previous);
        Revision += deleted > 0 ? 1 : 0;
        return deleted;
    }

    /// <summary>Writes the state record; the last thing before the commit.</summary>
    public void WriteState()
    {
        Span<byte> record = stackalloc byte[StateRecord.Bytes];
        StateRecord.Write(record, Revision, _stateHash);
        _system.Put(KeyspaceLayout.StateKey, record);
    }

    /// <summary>Keeps the payload of the configuration entry at this index.</summary>
    public void WriteConfiguration(ulong index, ReadOnlySpan<byte> payload) =>
        _system.Put(KeyspaceLayout.ConfigurationKey, ConfigurationRecord.Write(index, payload));

    private static StoredKeyValue Copy(ReadOnlySpan<byte> key, KeyRecord record) => new()
    {
        Key = ByteString.CopyFrom(key),
        Value = ByteString.CopyFrom(record.Value),
        CreateRevision = record.CreateRevision,
        ModRevision = record.ModRevision,
        Version = record.Version,
        Lease = record.Lease,
    };

    private long DeleteKey(ReadOnlySpan<byte> key, RepeatedField<StoredKeyValue>? previous)
    {
        if (!_latest.TryGet(key, out var stored))
        {
            return 0;
        }

        previous?.Add(Copy(key, KeyRecord.Read(stored)));
        _stateHash.Remove(key, stored);
        return _latest.Delete(key) ? 1 : throw new KeyspaceCorruptException("A key that was just read is not there to be deleted.");
    }

    private long DeleteKeys(RangeBounds range, RepeatedField<StoredKeyValue>? previous)
    {
        var deleted = 0L;
        using var cursor = _latest.OpenCursor();
        for (var found = cursor.SeekCeiling(range.Start); found && range.IsBeforeEnd(cursor.Key); found = cursor.Next())
        {
            // The cursor goes on from its key after the key is deleted, so nothing has to be gathered first.
            previous?.Add(Copy(cursor.Key, KeyRecord.Read(cursor.Value)));
            _stateHash.Remove(cursor.Key, cursor.Value);
            deleted += _latest.Delete(cursor.Key) ? 1 : throw new KeyspaceCorruptException("A key that a cursor is on is not there to be deleted.");
        }

        return deleted;
    }
}
