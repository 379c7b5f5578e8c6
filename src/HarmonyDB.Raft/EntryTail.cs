namespace HarmonyDB.Raft;

/// <summary>The newest entries of the log, in memory: a queue that grows at the end, shrinks at the front and is cut when entries are replaced.</summary>
internal sealed class EntryTail(LogIndex firstIndex)
{
    private const int CompactionThreshold = 64;

    private readonly List<Entry?> _entries = [];
    private int _head;

    /// <summary>The first index held; one beyond the log's last when nothing is held.</summary>
    public LogIndex FirstIndex { get; private set; } = firstIndex;

    /// <summary>How many entries are held.</summary>
    public int Count => _entries.Count - _head;

    /// <summary>What the held entries count for.</summary>
    public long SizeBytes { get; private set; }

    /// <summary>The entry at an index that is held.</summary>
    public Entry this[LogIndex index] => _entries[_head + (int)(index - FirstIndex)]!;

    /// <summary>Adds the next entry.</summary>
    public void Append(Entry entry)
    {
        Invariant.Check(entry.Index == FirstIndex + (ulong)Count, $"Entry {entry.Index} does not follow the tail from {FirstIndex}, {Count} entries long.");
        _entries.Add(entry);
        SizeBytes += entry.SizeBytes;
    }

    /// <summary>Drops the entries from this index on, and continues from there even when they were not held.</summary>
    public void TruncateFrom(LogIndex index)
    {
        while (Count > 0 && _entries[^1]!.Index >= index)
        {
            SizeBytes -= _entries[^1]!.SizeBytes;
            _entries.RemoveAt(_entries.Count - 1);
        }
        if (Count == 0)
        {
            FirstIndex = index;
        }
    }

    /// <summary>Drops everything and continues from this index.</summary>
    public void Restart(LogIndex index)
    {
        _entries.Clear();
        _head = 0;
        SizeBytes = 0;
        FirstIndex = index;
    }

    /// <summary>Drops the oldest entry.</summary>
    public void DropFirst()
    {
        SizeBytes -= _entries[_head]!.SizeBytes;
        _entries[_head] = null;
        _head++;
        FirstIndex = FirstIndex.Next;
        if (_head >= CompactionThreshold && _head * 2 >= _entries.Count)
        {
            _entries.RemoveRange(0, _head);
            _head = 0;
        }
    }

    /// <summary>The entries of a held range, as many as fit, but at least one when the range is not empty.</summary>
    public IReadOnlyList<Entry> Slice(LogIndex from, LogIndex toExclusive, long maximumBytes)
    {
        var bytes = 0L;
        var end = from;
        while (end < toExclusive)
        {
            bytes += this[end].SizeBytes;
            if (end > from && bytes > maximumBytes)
            {
                break;
            }
            end = end.Next;
        }
        if (end == from)
        {
            return [];
        }
        // An array of just this size: slices are most of what replicating an entry allocates.
        var entries = new Entry[end - from];
        _entries.CopyTo(_head + (int)(from - FirstIndex), entries!, 0, entries.Length);
        return entries;
    }
}
