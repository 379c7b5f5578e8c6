namespace HarmonyDB.Storage.Tree;

/// <summary>The readers of a store: a fixed number of slots, each with a pooled transaction that is made when the slot is first used.</summary>
internal sealed class ReaderTable
{
    private readonly Store _store;
    private readonly StoreFile _file;
    private readonly ReadTransaction?[] _slots;

    internal ReaderTable(Store store, StoreFile file, int maximum)
    {
        _store = store;
        _file = file;
        _slots = new ReadTransaction[maximum];
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
                var created = new ReadTransaction(_store, _file);
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
            if (reader is not null && reader.ActiveTxId is not 0 and ulong txId)
            {
                readers.Add(new ReaderInfo(reader.Name, new TxId(txId)));
            }
        }

        return readers;
    }
}
