using HarmonyDB.Storage.Files;

namespace HarmonyDB.Storage.Tree;

/// <summary>
/// An embedded, ordered, transactional key-value store in one memory-mapped file: named copy-on-write B+ trees, one writer, any number of
/// readers that neither wait nor make anyone wait.
/// </summary>
/// <remarks>
/// Safe for use from several threads. After a failed write or flush writes are refused with <see cref="StoreFailedException"/> until the
/// store is reopened, and reads go on.
/// </remarks>
public sealed partial class Store : IDisposable
{
    /// <summary>Part of the memory for unwritten pages that may be kept by pages which were written meanwhile.</summary>
    private const int WrittenBytesPart = 4;

    private readonly StoreFile _file;
    private readonly Freelist _freelist;
    private readonly DurableStates _durable;
    private readonly ReaderTable _readers;
    private readonly PageBufferPool _buffers;
    private readonly IDisposable? _lock;
    private readonly bool _checksOnDispose;
    private readonly StoreOptions _options;
    private readonly Lock _durability = new();
    private readonly List<ulong> _pins = [];
    private readonly Compactor _compaction;
    private Snapshot _current;
    private WriteTransaction? _writer;
    private Exception? _failure;
    private Snapshot? _checkpointing;
    private long _unwrittenBytes;
    private bool _isDisposed;
    private bool _isReleased;

    internal Store(StoreFile file, RecoveredMetas metas, IDisposable? fileLock, StoreOptions options)
    {
        _file = file;
        _lock = fileLock;
        _options = options;
        _checksOnDispose = options.ChecksOnDispose;
        MetaPage newest = metas.Newest;
        MetaPage? older = metas.Older?.TxId == newest.TxId ? null : metas.Older;
        var used = new PageBitmap();
        var olderUsed = new PageBitmap();
        SpaceMap map = SpaceMap.Read(file, newest, used);
        SpaceMap? olderMap = TryReadOlder(file, older, ref olderUsed);
        if (olderMap is null)
        {
            older = null;
            metas = metas with { Older = metas.Older?.TxId == newest.TxId ? metas.Older : null };
        }

        _freelist = new Freelist(newest.PageCount, file.PageSizeBytes);
        _freelist.Load(used, map, newest.TxId, olderUsed, olderMap, older?.TxId ?? newest.TxId);
        _durable = new DurableStates(file, _freelist, StateLock, metas, map);
        _readers = new ReaderTable(this, file, options);
        _buffers = new PageBufferPool(file.PageSizeBytes);
        _compaction = new Compactor(this);
        DiscardedTxId = metas.DiscardedTxId == 0 ? null : new TxId(metas.DiscardedTxId);
        _current = new Snapshot
        {
            TxId = newest.TxId,
            Mark = newest.Mark,
            Root = newest.Root,
            TreeCount = newest.TreeCount,
            PageCount = newest.PageCount,
            Mapping = file.Mapping,
        };
    }

    /// <summary>Full path of the file.</summary>
    public string Path => _file.Path;

    /// <summary>Identity given to the store when it was created.</summary>
    public Guid StoreId => _durable.Newest.StoreId;

    /// <summary>Page size in bytes.</summary>
    public int PageSizeBytes => _file.PageSizeBytes;

    /// <summary>Longest key in bytes.</summary>
    public int KeyBytesMaximum => StoreLimits.KeyBytesMaximum(PageSizeBytes);

    /// <summary>The mark of the newest state that survives power loss.</summary>
    public ulong DurableMark => _durable.Newest.Mark;

    /// <summary>
    /// The mark of the durable state before the newest, to which the store falls back if its newest meta page is lost: whoever redoes work
    /// from a log keeps the log back to here. The newest mark if only one meta page was valid.
    /// </summary>
    public ulong OlderDurableMark => (_durable.Older ?? _durable.Newest).Mark;

    /// <summary>
    /// The commit that opening found begun and not finished, because power was lost before it returned, and took back whole; null if there was
    /// none. Damage to a page of the very last commit looks the same, unless the store was disposed after it.
    /// </summary>
    public TxId? DiscardedTxId { get; }

    /// <summary>What the store looks like now.</summary>
    public StoreStatistics Statistics
    {
        get
        {
            lock (StateLock)
            {
                ObjectDisposedException.ThrowIf(_isDisposed, this);
                return new StoreStatistics
                {
                    PageSizeBytes = PageSizeBytes,
                    FileBytes = _file.LengthBytes,
                    PageCount = (long)_freelist.PageCount,
                    FreePageCount = _freelist.FreeCount,
                    PendingPageCount = _freelist.PendingCount,
                    TxId = new TxId(_current.TxId),
                    DurableTxId = new TxId(_durable.Newest.TxId),
                    UsedPageCount = _freelist.UsedCount,
                    Readers = _readers.List(),
                };
            }
        }
    }

    /// <summary>The newest committed state.</summary>
    internal Snapshot Current => Volatile.Read(ref _current);

    /// <summary>Guards the free list and the publishing of states. Never held across a write or a flush.</summary>
    internal Lock StateLock { get; } = new();

    internal StoreFile File => _file;

    /// <summary>Opens a store at its newest durable state, or creates an empty one.</summary>
    /// <param name="path">The file. A lock file of the same name with <c>.lock</c> appended stays beside it.</param>
    /// <param name="options">How to open it.</param>
    /// <exception cref="FileLockedException">The store is open elsewhere.</exception>
    /// <exception cref="FileNotFoundException">There is no such file, and it was to be opened read-only.</exception>
    /// <exception cref="StoreDamagedException">Neither meta page is valid, the file is shorter than it says, or its free list is damaged.</exception>
    /// <exception cref="NotSupportedException">The file has a format version that this code does not know.</exception>
    public static Store Open(string path, StoreOptions options) => StoreOpener.Open(path, options);

    /// <summary>Begins to read the newest committed state. Lock-free; allocates nothing once as many readers were open before.</summary>
    /// <param name="name">What statistics call this reader.</param>
    /// <exception cref="TooManyReadersException">All readers are in use.</exception>
    /// <exception cref="ObjectDisposedException">The store was disposed.</exception>
    public ReadTransaction BeginRead(string? name = null)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed), this);
        ReadTransaction reader = _readers.Claim();
        reader.Begin(name);
        if (Volatile.Read(ref _isDisposed))
        {
            reader.Dispose();
            throw new ObjectDisposedException(nameof(Store));
        }

        return reader;
    }

    /// <summary>Begins the one write transaction.</summary>
    /// <exception cref="InvalidOperationException">One is open already, or the store was opened read-only.</exception>
    /// <exception cref="StoreFailedException">A write failed earlier.</exception>
    /// <exception cref="ObjectDisposedException">The store was disposed.</exception>
    public WriteTransaction BeginWrite() => BeginWrite(trimsTail: false);

    /// <inheritdoc cref="BeginWrite()"/>
    /// <param name="trimsTail">Whether the committed state does without the free pages at the end of the file.</param>
    internal WriteTransaction BeginWrite(bool trimsTail)
    {
        lock (StateLock)
        {
            ThrowIfNotWritable();
            if (_writer is not null)
            {
                throw new InvalidOperationException("A write transaction is open already; a store has one at a time, and they do not nest.");
            }

            ReclaimPages();
            _readers.OustOverdue(_freelist, PageSizeBytes);
            ReleaseMappings();
            DiscardWritten();
            _freelist.UsesWindow = !trimsTail;
            if (trimsTail)
            {
                _freelist.TrimTail(PageHeader.FirstPageId);
            }

            var pages = new UncommittedPages(_file, _freelist, StateLock, _buffers, _current.TxId + 1, _options.ReserveBytes);
            _writer = new WriteTransaction(this, _current, pages);
            return _writer;
        }
    }

    /// <summary>Makes the newest deferred commit, and all before it, survive power loss. The writer may go on meanwhile.</summary>
    /// <exception cref="DiskFullException">No space is left. Nothing has changed and the store stays usable.</exception>
    /// <exception cref="StoreFailedException">A write or flush failed, now or earlier.</exception>
    /// <exception cref="ObjectDisposedException">The store was disposed.</exception>
    public void Checkpoint()
    {
        lock (_durability)
        {
            DurableStep step;
            lock (StateLock)
            {
                ThrowIfNotWritable();
                Snapshot state = _current;
                if (state.TxId == _durable.Newest.TxId)
                {
                    return;
                }

                _checkpointing = state;
                step = _durable.Prepare(state);
            }

            try
            {
                _durable.MakeDurable(step, isAllUnwritten: false);
            }
            catch (Exception exception)
            {
                Latch(exception);
                throw;
            }
            finally
            {
                lock (StateLock)
                {
                    _checkpointing = null;
                    NoteUnwritten();
                }
            }
        }
    }

    /// <summary>Closes the store without making deferred commits durable. Open readers stay valid; the file is released with the last of them.</summary>
    /// <remarks>Also notes in the file that the last flushed commit is whole, so that later damage to it is not taken for an interrupted commit.</remarks>
    public void Dispose()
    {
        lock (_durability)
        {
            _writer?.Dispose();
            CheckBeforeDispose();
            Confirm();
            Volatile.Write(ref _isDisposed, true);
            Interlocked.MemoryBarrier();
            ReleaseWhenUnused();
        }
    }

    internal Snapshot CreateSnapshot(Snapshot previous, TreeWriter treeOfTrees, ulong mark)
    {
        lock (StateLock)
        {
            Mapping mapping = _file.Mapping;
            return new Snapshot
            {
                TxId = previous.TxId + 1,
                Mark = mark,
                Root = treeOfTrees.Root,
                TreeCount = (ulong)treeOfTrees.EntryCount,
                PageCount = Math.Min(_freelist.PageCount, _file.PageCapacity),
                Mapping = mapping,
            };
        }
    }

    /// <summary>Publishes a state. No meta page, and no page: a checkpoint writes them, or <see cref="WriteBack"/>.</summary>
    internal void PublishDeferred(Snapshot state, UncommittedPages pages)
    {
        lock (StateLock)
        {
            _freelist.Apply(state.TxId, pages.Nodes, pages.Retired);
            Publish(state);
        }
    }

    /// <summary>
    /// Writes the pages that earlier commits left in memory, if they are too many, without making them durable. Waits for a checkpoint under way, which
    /// writes them anyway.
    /// </summary>
    internal void WriteBack()
    {
        if (Volatile.Read(ref _unwrittenBytes) <= _options.MaximumUnwrittenBytes)
        {
            return;
        }

        lock (_durability)
        {
            ulong[] pages;
            lock (StateLock)
            {
                pages = _freelist.ListUnwritten();
            }

            PageWriter.Write(_file, _file.Mapping, pages);
            lock (StateLock)
            {
                _freelist.NoteWritten(pages);
                NoteUnwritten();
            }
        }
    }

    /// <summary>Makes a state durable, then publishes it.</summary>
    /// <param name="state">The state.</param>
    /// <param name="previous">The state it is based on.</param>
    /// <param name="pages">What the transaction changed.</param>
    internal void PublishFlushed(Snapshot state, Snapshot previous, UncommittedPages pages)
    {
        lock (_durability)
        {
            DurableStep step;
            lock (StateLock)
            {
                _freelist.Apply(state.TxId, pages.Nodes, pages.Retired);
                step = _durable.Prepare(state);
            }

            try
            {
                // Of deferred commits in between some pages may be written already, and large values are not in the list.
                _durable.MakeDurable(step, previous.TxId == _durable.Newest.TxId && !pages.HasWrittenOverflow);
            }
            catch (Exception)
            {
                lock (StateLock)
                {
                    _freelist.Undo(state.TxId, pages.Retired);
                }

                throw;
            }

            lock (StateLock)
            {
                Publish(state);
            }
        }
    }

    /// <summary>Refuses writes from now on if the exception means that it is unknown what the disk holds.</summary>
    /// <exception cref="StoreFailedException">It does.</exception>
    internal void Latch(Exception exception)
    {
        if (exception is StoreFailedException failed)
        {
            Interlocked.CompareExchange(ref _failure, failed.InnerException, null);
        }
        else if (exception is IOException and not (DiskFullException or StoreSizeLimitException or MappingFailedException or StoreDamagedException))
        {
            Interlocked.CompareExchange(ref _failure, exception, null);
            throw new StoreFailedException(Path, exception);
        }
    }

    internal void ThrowIfFailed()
    {
        if (Volatile.Read(ref _failure) is { } failure)
        {
            throw new StoreFailedException(Path, failure);
        }
    }

    internal void OnWriterEnded()
    {
        lock (StateLock)
        {
            _writer = null;
        }
    }

    internal void OnReaderReleased()
    {
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _isDisposed))
        {
            ReleaseWhenUnused();
        }
    }

    private void Publish(Snapshot state)
    {
        _freelist.Commit();
        NoteUnwritten();
        Volatile.Write(ref _current, state);
    }

    private void NoteUnwritten() => Volatile.Write(ref _unwrittenBytes, _freelist.Unwritten.Count * PageSizeBytes);

    /// <summary>Gives memory back of pages that are in the file too, once it is much. Before the writer has pages of its own.</summary>
    private void DiscardWritten()
    {
        Mapping mapping = _file.Mapping;
        if ((mapping.PrivateCount - _freelist.Unwritten.Count) * PageSizeBytes > _options.MaximumUnwrittenBytes / WrittenBytesPart)
        {
            mapping.DiscardExcept(_freelist.Unwritten.Set);
        }
    }

    private void ReclaimPages()
    {
        Interlocked.MemoryBarrier();
        _pins.Clear();
        _readers.AddPins(_pins);
        _pins.Add(_durable.Newest.TxId);
        if (_durable.Older is { } older)
        {
            _pins.Add(older.TxId);
        }

        if (_checkpointing is not null)
        {
            _pins.Add(_checkpointing.TxId);
        }

        _pins.Sort();
        _freelist.Reclaim(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_pins));
    }

    /// <summary>
    /// Reads which pages the older state needs. It is null if that is damaged: a process that was killed after a commit had reached the cache
    /// only was followed by one that went on from it, and then power was lost, so that a meta page returned whose pages were in use again (W17).
    /// </summary>
    private static SpaceMap? TryReadOlder(StoreFile file, MetaPage? older, ref PageBitmap used)
    {
        if (older is null)
        {
            return null;
        }

        try
        {
            return older.PageCount <= file.PageCapacity ? SpaceMap.Read(file, older, used) : null;
        }
        catch (StoreDamagedException)
        {
            used = new PageBitmap();
            return null;
        }
    }

    private void ReleaseMappings() => _file.ReleaseRetired(mapping => mapping == _current.Mapping || mapping == _checkpointing?.Mapping || _readers.IsInUse(mapping));

    private void Confirm()
    {
        if (_isDisposed || _options.ReadOnly || _failure is not null)
        {
            return;
        }

        try
        {
            _durable.Confirm();
        }
        catch (IOException exception)
        {
            // Dispose must not throw over an exception on its way up, and need not: both states are on the disk as they were.
            _failure = exception;
        }
    }

    private void ThrowIfNotWritable()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        ThrowIfFailed();
        if (_options.ReadOnly)
        {
            throw new InvalidOperationException("The store was opened read-only.");
        }
    }

    private void ReleaseWhenUnused()
    {
        lock (StateLock)
        {
            if (_isReleased || _readers.List().Count > 0)
            {
                return;
            }

            _isReleased = true;
            _file.Dispose();
            _buffers.Dispose();
            _lock?.Dispose();
        }
    }
}
