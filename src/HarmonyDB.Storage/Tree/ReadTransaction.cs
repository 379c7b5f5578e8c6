namespace HarmonyDB.Storage.Tree;

/// <summary>A snapshot of the store: what was committed when it began, whatever is committed later.</summary>
/// <remarks>
/// May be used by several threads as long as none of them disposes it meanwhile. Pages that it can see are not reused before it is
/// disposed, so an old reader makes the file grow: keep it short, or see <see cref="StoreOptions.MaximumReaderAge"/>. The object is pooled; do not touch it, nor spans read through it,
/// after disposing it.
/// </remarks>
public sealed class ReadTransaction : IDisposable
{
    private readonly Store _store;
    private readonly CommittedPages _pages;
    private Snapshot? _snapshot;
    private string? _name;
    private ulong _activeTxId;
    private readonly TimeProvider _time;
    private readonly int _slot;
    private int _claimed;
    private long _startedAt;

    /// <summary>Even, and two more with each use; odd while the reader is ousted. So the check that a use has not ended notices both.</summary>
    private long _generation;

    internal ReadTransaction(Store store, StoreFile file, TimeProvider time, int slot)
    {
        _store = store;
        _time = time;
        _slot = slot;
        _pages = new CommittedPages(file);
    }

    /// <summary>The transaction whose state this is.</summary>
    /// <exception cref="ReaderOustedException">The transaction was ousted.</exception>
    /// <exception cref="ObjectDisposedException">The transaction was disposed.</exception>
    public TxId TxId => new(Snapshot.TxId);

    /// <summary>The application's mark in that state.</summary>
    /// <exception cref="ObjectDisposedException">The transaction was disposed.</exception>
    public ulong Mark => Snapshot.Mark;

    /// <summary>Name given by whoever opened it, for statistics.</summary>
    /// <exception cref="ReaderOustedException">The transaction was ousted.</exception>
    /// <exception cref="ObjectDisposedException">The transaction was disposed.</exception>
    public string? Name
    {
        get
        {
            _ = Snapshot;
            return _name;
        }
    }

    /// <summary>What statistics say about it.</summary>
    internal ReaderInfo Info => new(Id, _name, new TxId(ActiveTxId), Age, IsOusted);

    /// <summary>State that this reader pins, 0 while it is not in use. Read by the writer.</summary>
    internal ulong ActiveTxId => Volatile.Read(ref _activeTxId);

    internal Mapping? ActiveMapping => _pages.Mapping;

    internal CommittedPages Pages => _pages;

    /// <summary>The tree whose keys are the names of the others.</summary>
    internal TreeReader TreeOfTrees => new(this, Snapshot.Root, (long)Snapshot.TreeCount);

    internal Store Store => _store;

    internal string Path => _store.Path;

    /// <summary>The pages of this state through which every page is verified, even one that was before.</summary>
    internal CommittedPages CreateVerifyingPages()
    {
        Snapshot snapshot = Snapshot;
        var pages = new CommittedPages(_store.File) { AlwaysVerify = true };
        pages.Attach(snapshot.Mapping, snapshot.PageCount);
        return pages;
    }

    internal Snapshot Snapshot
    {
        get
        {
            Snapshot? snapshot = _snapshot;
            ObjectDisposedException.ThrowIf(snapshot is null, this);
            if ((Generation & 1) != 0)
            {
                throw new ReaderOustedException(_name, new TxId(snapshot.TxId));
            }

            return snapshot;
        }
    }

    /// <summary>Distinguishes the uses of this pooled object, and an ousted one from all of them.</summary>
    internal long Generation => Volatile.Read(ref _generation);

    /// <summary>Number of this use.</summary>
    internal long Id => IdOf(Generation);

    internal bool IsOusted => (Generation & 1) != 0;

    internal TimeSpan Age => _time.GetElapsedTime(Volatile.Read(ref _startedAt));

    /// <summary>The slot of the reader with a number.</summary>
    internal static int SlotOf(long id) => (int)(id & ushort.MaxValue);

    /// <summary>Opens a named tree.</summary>
    /// <param name="name">The tree's name.</param>
    /// <param name="tree">The tree, usable until this transaction is disposed.</param>
    /// <returns>Whether there is such a tree in this state.</returns>
    /// <exception cref="StoreDamagedException">A page on the way is damaged.</exception>
    public bool TryOpenTree(scoped ReadOnlySpan<byte> name, out TreeReader tree)
    {
        if (!_pages.TryFind(Snapshot.Root, name, out NodePage leaf, out int index))
        {
            tree = default;
            return false;
        }

        TreeRecord record = TreeRecord.Read(_store.Path, leaf, _pages.GetValue(leaf, index));
        tree = new TreeReader(this, record.Root, record.Count);
        return true;
    }

    /// <summary>The names of all trees in this state, in order.</summary>
    /// <exception cref="ObjectDisposedException">The transaction was disposed.</exception>
    /// <exception cref="StoreDamagedException">A page on the way is damaged.</exception>
    public IReadOnlyList<byte[]> ListTrees()
    {
        var names = new List<byte[]>();
        using Cursor cursor = TreeOfTrees.OpenCursor();
        while (cursor.Next())
        {
            names.Add(cursor.Key.ToArray());
        }

        return names;
    }

    /// <summary>Ends the snapshot. Further calls do nothing, until the object is handed out again.</summary>
    public void Dispose()
    {
        if (_snapshot is not null)
        {
            _snapshot = null;
            long generation;
            do
            {
                generation = Generation;
            }
            while (Interlocked.CompareExchange(ref _generation, (generation | 1) + 1, generation) != generation);

            _name = null;
            Release();
        }
    }

    /// <summary>
    /// Makes the next use throw. Its pages stay pinned until it is disposed: whoever has this reader may be in the middle of a page, or hold
    /// a span of one, and no check of ours could stop him from looking at it.
    /// </summary>
    /// <returns>False if that use has ended.</returns>
    internal bool TryOust(long id)
    {
        long generation = Generation & ~1L;
        return IdOf(generation) == id && ActiveTxId != 0
            && (Interlocked.CompareExchange(ref _generation, generation | 1, generation) is long found && (found & ~1L) == generation);
    }

    /// <summary>Throws what says why a use of this reader cannot go on.</summary>
    internal void ThrowEnded(long generation)
    {
        if (Generation == (generation | 1))
        {
            throw new ReaderOustedException(_name, new TxId(ActiveTxId));
        }

        throw new ObjectDisposedException(nameof(ReadTransaction));
    }

    private long IdOf(long generation) => ((generation >> 1) << 16) | (long)_slot;

    internal bool TryClaim() => Volatile.Read(ref _claimed) == 0 && Interlocked.CompareExchange(ref _claimed, 1, 0) == 0;

    /// <summary>Registers a claimed reader with the newest state.</summary>
    internal void Begin(string? name)
    {
        Snapshot snapshot;
        _name = name;
        Volatile.Write(ref _startedAt, _time.GetTimestamp());
        do
        {
            snapshot = _store.Current;
            _pages.Attach(snapshot.Mapping, snapshot.PageCount);
            Volatile.Write(ref _activeTxId, snapshot.TxId);

            // The writer publishes a state, then looks for readers of older ones; this looks again after having registered. So one of the
            // two notices the other, and nothing has been read through a state that the writer did not see pinned (B6).
            Interlocked.MemoryBarrier();
        }
        while (snapshot != _store.Current);

        _snapshot = snapshot;
    }

    /// <summary>Gives the slot back.</summary>
    internal void Release()
    {
        Volatile.Write(ref _activeTxId, 0);
        _pages.Detach();
        Volatile.Write(ref _claimed, 0);
        _store.OnReaderReleased();
    }
}
