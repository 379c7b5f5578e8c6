namespace HarmonyDB.Storage.Tree;

/// <summary>The readers of a store: a fixed number of slots, each with a pooled transaction that is made when the slot is first used.</summary>
internal sealed class ReaderTable
{
    private readonly Store _store;
    private readonly StoreFile _file;
    private readonly ReadTransaction?[] _slots;

    private readonly StoreOptions _options;

    internal ReaderTable(Store store, StoreFile file, StoreOptions options)
    {
        _store = store;
        _file = file;
        _options = options;
        _slots = new ReadTransaction[options.MaximumReaders];
    }

    /// <summary>Claims a slot without a lock; threads begin at different ones.</summary>
    /// <exception cref="TooManyReadersException">All are in use.</exception>
    internal ReadTransaction Claim()
    {
        int start = Environment.CurrentManagedThreadId % _slots.Length;
        for (int i = 0; i < _slots.Length; i++)
        {
            int index = start + i < _slots.Length ? start + i : start + i - _slots.Length;
            ReadTransaction? reader = Volatile.Read(ref _slots[index]);
            if (reader is null)
            {
                var created = new ReadTransaction(_store, _file, _options.TimeProvider, index);
                reader = Interlocked.CompareExchange(ref _slots[index], created, null) ?? created;
            }

            if (reader.TryClaim())
            {
                return reader;
            }
        }

        throw new TooManyReadersException(_slots.Length);
    }

    /// <summary>Adds the states that readers pin.</summary>
    internal void AddPins(List<ulong> pins)
    {
        foreach (ReadTransaction? reader in _slots)
        {
            if (reader is not null && reader.ActiveTxId is not 0 and ulong txId)
            {
                pins.Add(txId);
            }
        }
    }

    internal bool IsInUse(Mapping mapping)
    {
        foreach (ReadTransaction? reader in _slots)
        {
            if (reader is not null && reader.ActiveMapping == mapping)
            {
                return true;
            }
        }

        return false;
    }

    internal List<ReaderInfo> List()
    {
        var readers = new List<ReaderInfo>();
        foreach (ReadTransaction? reader in _slots)
        {
            if (reader is not null && reader.ActiveTxId != 0)
            {
                readers.Add(reader.Info);
            }
        }

        return readers;
    }

    /// <summary>Ousts the reader with a number; false if it has ended.</summary>
    internal bool Oust(long id)
    {
        int slot = ReadTransaction.SlotOf(id);
        return slot < _slots.Length && Volatile.Read(ref _slots[slot]) is { } reader && reader.TryOust(id);
    }

    /// <summary>Ousts readers beyond the greatest age, then the oldest ones until those left keep no more from reuse than allowed (B21).</summary>
    internal void OustOverdue(Freelist freelist, int pageSizeBytes)
    {
        if (_options.MaximumReaderAge == TimeSpan.MaxValue && _options.MaximumPinnedBytes == long.MaxValue)
        {
            return;
        }

        List<ReaderInfo> readers = List();
        foreach (ReaderInfo reader in readers.Where(reader => reader.Age > _options.MaximumReaderAge))
        {
            Oust(reader.Id);
        }

        long allowed = _options.MaximumPinnedBytes / pageSizeBytes;
        readers.RemoveAll(reader => reader.IsOusted || reader.Age > _options.MaximumReaderAge);
        foreach (IGrouping<TxId, ReaderInfo> oldest in readers.GroupBy(static reader => reader.TxId).OrderBy(static state => state.Key))
        {
            long pinned = readers.Where(reader => reader.TxId.Value >= oldest.Key.Value).Select(static reader => reader.TxId.Value).Distinct()
                .Sum(freelist.PinnedCount);
            if (pinned <= allowed)
            {
                return;
            }

            foreach (ReaderInfo reader in oldest)
            {
                Oust(reader.Id);
            }
        }
    }
}
