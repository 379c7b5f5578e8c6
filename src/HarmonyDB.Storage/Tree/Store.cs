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
public sealed class Store : IDisposable
{
    private readonly StoreFile _file;
    private readonly Freelist _freelist;
    private readonly DurableStates _durable;
    private readonly ReaderTable _readers;
    private readonly PageBufferPool _buffers;
    private readonly IDisposable? _lock;
    private readonly bool _isReadOnly;
    private readonly bool _checksOnDispose;
    private readonly Lock _durability = new();
    private readonly List<ulong> _pins = [];
    private Snapshot _current;
    private WriteTransaction? _writer;
    private Exception? _failure;
    private ulong _checkpointing;
    private bool _isDisposed;
    private bool _isReleased;

    internal Store(StoreFile file, MetaPage newest, int newestSlot, MetaPage? older, IDisposable? fileLock, StoreOptions options)
    {
        _file = file;
        _lock = fileLock;
        _isReadOnly = options.ReadOnly;
        _checksOnDispose = options.ChecksOnDispose;
        (List<ulong> chain, List<FreeExtent> extents) = FreelistChain.Read(file, newest);
        _freelist = new Freelist(newest.PageCount);
        _freelist.Load(extents, newest.TxId, older?.TxId ?? newest.TxId);
        _durable = new DurableStates(file, _freelist, StateLock, newest, newestSlot, older, chain);
        _readers = new ReaderTable(this, file, options.MaximumReaders);
        _buffers = new PageBufferPool(file.PageSizeBytes);
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

    /// <summary>Pages that could be written at once, those of an open write transaction included.</summary>
    internal IReadOnlyList<ulong> ListFreePages()
    {
        lock (StateLock)
        {
            var pages = new List<ulong>();
            foreach (ulong page in _freelist.Copy().Free)
            {
                pages.Add(page);
            }

            return pages;
        }
    }

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
    public WriteTransaction BeginWrite()
    {
        lock (StateLock)
        {
            ThrowIfNotWritable();
            if (_writer is not null)
            {
                throw new InvalidOperationException("A write transaction is open already; a store has one at a time.");
            }

            ReclaimPages();
            _file.ReleaseRetired(mapping => mapping == _current.Mapping || _readers.IsInUse(mapping));
            var pages = new UncommittedPages(_file, _freelist, StateLock, _buffers, _current.TxId + 1);
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
            Snapshot state;
            DurableStates.FreePages free;
            lock (StateLock)
            {
                ThrowIfNotWritable();
                state = _current;
                if (state.TxId == _durable.Newest.TxId)
                {
                    return;
                }

                _checkpointing = state.TxId;
                free = _durable.CaptureFree(isCommitting: false);
            }

            try
            {
                _durable.MakeDurable(state, free);
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
                    _checkpointing = 0;
                }
            }
        }
    }

    /// <summary>
    /// Verifies the newest committed state and the free list: checksums, order, separators, counts, and that every page is exactly one of in
    /// use, free, or pending. Writes nothing; the writer may go on.
    /// </summary>
    /// <param name="progress">Told from time to time how far the check is, on the calling thread.</param>
    /// <param name="cancellationToken">Ends the check.</param>
    /// <returns>What was found. Damage is in the report, not an exception.</returns>
    /// <exception cref="ObjectDisposedException">The store was disposed.</exception>
    /// <exception cref="OperationCanceledException">It was ended.</exception>
    public CheckReport Check(Action<CheckProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ReadTransaction reader;
        Checker checker;
        lock (_durability)
        {
            lock (StateLock)
            {
                reader = BeginRead(nameof(Check));
                (PageBitmap free, List<RetiredPages> pending) = _freelist.Copy();
                pending.AddRange(_durable.NewestChain.Select(static page => new RetiredPages(page, 1, 0)));
                checker = new Checker(_file, reader.Snapshot, free, pending, _freelist.PageCount, progress, cancellationToken);
            }
        }

        using (reader)
        {
            return checker.Run();
        }
    }

    /// <summary>Closes the store without making deferred commits durable. Open readers stay valid; the file is released with the last of them.</summary>
    public void Dispose()
    {
        lock (_durability)
        {
            _writer?.Dispose();
            CheckBeforeDispose();
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
                PageCount = Math.Min(_freelist.PageCount, mapping.PageCount),
                Mapping = mapping,
            };
        }
    }

    /// <summary>Publishes a state whose pages were written. No meta page: the system could write it back before the pages.</summary>
    internal void PublishDeferred(Snapshot state, IReadOnlyList<RetiredPages> retired)
    {
        lock (StateLock)
        {
            _freelist.Retire(state.TxId, retired);
            Publish(state);
        }
    }

    /// <summary>Makes a state durable, then publishes it.</summary>
    internal void PublishFlushed(Snapshot state, IReadOnlyList<RetiredPages> retired)
    {
        lock (_durability)
        {
            DurableStates.FreePages free;
            lock (StateLock)
            {
                _freelist.Retire(state.TxId, retired);
                free = _durable.CaptureFree(isCommitting: true);
            }

            try
            {
                _durable.MakeDurable(state, free);
            }
            catch (Exception)
            {
                lock (StateLock)
                {
                    _freelist.Unretire(state.TxId);
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
        else if (exception is IOException and not (DiskFullException or StoreDamagedException))
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
        Volatile.Write(ref _current, state);
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

        if (_checkpointing != 0)
        {
            _pins.Add(_checkpointing);
        }

        _pins.Sort();
        _freelist.Reclaim(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_pins));
    }

    private void ThrowIfNotWritable()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        ThrowIfFailed();
        if (_isReadOnly)
        {
            throw new InvalidOperationException("The store was opened read-only.");
        }
    }

    private void CheckBeforeDispose()
    {
        if (_checksOnDispose && !_isDisposed)
        {
            CheckReport report = Check();
            if (!report.IsHealthy)
            {
                throw new InvalidOperationException($"The store is not in order: {string.Join(' ', report.Problems)}");
            }
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
