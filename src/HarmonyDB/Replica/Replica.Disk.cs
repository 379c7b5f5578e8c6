using HarmonyDB.Raft;

namespace HarmonyDB.Replication;

// What the host's disk reports beside appends and applied entries: space, checkpoints, truncations, and snapshots on their way out and in.
internal sealed partial class Replica
{
    /// <summary>Event: the host found the disk full in one of its parts, or has space for it again.</summary>
    public void SpaceChanged(DiskPart part, bool isFull)
    {
        _space.Changed(part, isFull, _now);
        Pump();
    }

    /// <summary>
    /// Event: the store is durable up to an entry, and can still fall back to an older one: the log must reach back to that (R46, R48), and need not
    /// reach further, except for followers.
    /// </summary>
    /// <param name="olderDurable">What the older of the two durable states has applied.</param>
    public void StoreCheckpointed(LogIndex olderDurable)
    {
        LogIndex keepFrom = LogIndex.Min(olderDurable, _sending.OldestIndex).Next;
        if (_node is not null && !_writes.IsInstalling && keepFrom > _truncatedTo)
        {
            _truncatedTo = keepFrom;
            _effects.Add(new TruncateLogEffect(keepFrom, _options.RetainLogBytes));
        }
    }

    /// <summary>Event: the log begins here now.</summary>
    public void LogTruncated(LogIndex firstIndex)
    {
        if (!_writes.IsInstalling && firstIndex.Previous <= _node!.Applied)
        {
            _node.CompactedTo(firstIndex.Previous);
        }

        Pump();
    }

    /// <summary>Event: the store's state at this index is pinned for a snapshot.</summary>
    public void SnapshotOpened(ulong transferId, LogIndex index)
    {
        _sending.Opened(transferId, index, _node!, _now);
        Pump();
    }

    /// <summary>Event: the next part of a pinned state was read.</summary>
    public void SnapshotRead(ulong transferId, ReadOnlyMemory<byte> data, bool isEnd)
    {
        _sending.Read(transferId, data, isEnd, _node!, _identity.ClusterId, _now);
        Pump();
    }

    /// <summary>Event: this much of a snapshot is written aside.</summary>
    public void SnapshotWritten(long bytes)
    {
        _receiving.Written(bytes);
        Pump();
    }

    /// <summary>Event: the snapshot is checked, and lies aside as a store; or why it cannot be used.</summary>
    public void SnapshotChecked(string? problem)
    {
        _receiving.Checked(problem, _node!);
        Pump();
    }

    /// <summary>Event: a range of the log was read.</summary>
    public void LogRangeRead(LogRead request, IReadOnlyList<Entry> entries)
    {
        _node!.EntriesRead(request, entries);
        Pump();
    }
}
