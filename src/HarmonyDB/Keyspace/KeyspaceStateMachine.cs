using HarmonyDB.Storage.Tree;

namespace HarmonyDB.Keyspace;

/// <summary>
/// The replicated state: etcd's key space over the store. The same entries in the same order give the same state and the same answers
/// on every node, however they are batched: it has no clock, no randomness, no setting and no I/O but the store's transactions.
/// </summary>
/// <remarks>Applying is for one thread at a time; <see cref="AppliedIndex"/> and <see cref="Revision"/> may be read from any.</remarks>
internal sealed class KeyspaceStateMachine
{
    private readonly Store _store;
    private ulong _appliedIndex;
    private long _revision;
    private StateHash _stateHash;

    /// <summary>Takes up the state that the store has.</summary>
    /// <param name="store">The store; stays its owner's, and must outlive this.</param>
    /// <exception cref="KeyspaceCorruptException">The store holds another layout, or its state record is missing or damaged.</exception>
    public KeyspaceStateMachine(Store store)
    {
        ArgumentNullException.ThrowIfNull(store);
        _store = store;
        using var read = store.BeginRead();
        _appliedIndex = read.Mark;
        _revision = KeyspaceReader.Revision(read);
        _stateHash = KeyspaceReader.Hash(read);
    }

    /// <summary>Index of the last log entry that the state reflects: the mark of the store's newest committed transaction; 0 for none.</summary>
    public ulong AppliedIndex => Volatile.Read(ref _appliedIndex);

    /// <summary>The revision, as in etcd: 1 for a new keyspace, one more for each command that wrote something.</summary>
    public long Revision => Volatile.Read(ref _revision);

    /// <summary>Hash of the content at <see cref="AppliedIndex"/>: equal on all replicas at equal indexes. For the applying thread.</summary>
    public StateHash StateHash => _stateHash;

    /// <summary>The newest configuration in the state: the index of its log entry and the entry's payload; index 0 when there is none yet.</summary>
    /// <exception cref="KeyspaceCorruptException">The record is damaged.</exception>
    public (ulong Index, byte[] Payload) Configuration
    {
        get
        {
            using var read = _store.BeginRead();
            return KeyspaceReader.Configuration(read);
        }
    }

    /// <summary>Begins to apply entries in one store transaction. Nothing of it is seen by readers before <see cref="ApplyBatch.Commit"/>.</summary>
    /// <returns>The batch, owned by the caller. Only one can be open at a time: it is the store's writer.</returns>
    public ApplyBatch BeginApply() => new(this, _store.BeginWrite());

    /// <summary>Called by the batch once its transaction is committed; before that nothing here changes, so that a refused commit can be repeated.</summary>
    internal void Committed(ulong appliedIndex, long revision, StateHash stateHash)
    {
        _stateHash = stateHash;
        Volatile.Write(ref _revision, revision);
        Volatile.Write(ref _appliedIndex, appliedIndex);
    }
}
