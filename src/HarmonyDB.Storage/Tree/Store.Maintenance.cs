using HarmonyDB.Storage.Files;

namespace HarmonyDB.Storage.Tree;

/// <content>What is done to a store while it is in use: checks, compaction, backups, readers that stay too long.</content>
public sealed partial class Store
{
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
                pending.AddRange(_durable.MapPages.Select(static page => new RetiredPages(page, 1, 0)));
                checker = new Checker(_file, reader.Snapshot, free, pending, _freelist.PageCount, progress, cancellationToken);
            }
        }

        using (reader)
        {
            return checker.Run();
        }
    }

    /// <summary>
    /// Makes the next use of a reader throw <see cref="ReaderOustedException"/>. The pages it kept come back when it is disposed, which a
    /// <c>using</c> does as the exception passes: not earlier, because its owner may still hold spans of them.
    /// </summary>
    /// <param name="id">The reader, as <see cref="Statistics"/> lists it.</param>
    /// <returns>False if it has ended.</returns>
    /// <exception cref="ObjectDisposedException">The store was disposed.</exception>
    public bool OustReader(long id)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed), this);
        return _readers.Oust(id);
    }

    /// <summary>
    /// Moves some pages from the end of the file to free places nearer to its beginning, and gives the end back to the system if nobody needs
    /// it any more: one flushed write transaction. Readers go on; so does the writer between two steps.
    /// </summary>
    /// <param name="maximumPages">Most pages to move, at least 1; also bounds the leaves that are looked at, to sixteen times as many.</param>
    /// <returns>How far it has come. Call again until <see cref="CompactionProgress.IsFinished"/>.</returns>
    /// <exception cref="InvalidOperationException">A write transaction is open, or the store was opened read-only.</exception>
    /// <exception cref="DiskFullException">No space is left, not even to move pages. Nothing has changed.</exception>
    /// <exception cref="StoreFailedException">A write or flush failed, now or earlier.</exception>
    /// <exception cref="StoreDamagedException">A page is damaged. Nothing has changed.</exception>
    /// <exception cref="ObjectDisposedException">The store was disposed.</exception>
    public CompactionProgress CompactStep(int maximumPages)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maximumPages, 1);
        lock (_compaction.Gate)
        {
            return _compaction.Step(maximumPages);
        }
    }

    /// <summary>Compacts the file step by step, until it is as short as readers allow.</summary>
    /// <param name="maximumPagesPerStep">Most pages that one step moves; between steps other writers get their turn.</param>
    /// <param name="progress">Is told after each step.</param>
    /// <param name="cancellationToken">Ends the work between two steps.</param>
    /// <returns>The last progress. <see cref="CompactionProgress.IsFinished"/> is false if readers still keep the end of the file.</returns>
    /// <inheritdoc cref="CompactStep" path="/exception"/>
    /// <exception cref="OperationCanceledException">The work was cancelled; the store is whole.</exception>
    public CompactionProgress Compact(int maximumPagesPerStep = 1024, IProgress<CompactionProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maximumPagesPerStep, 1);
        lock (_compaction.Gate)
        {
            return _compaction.Run(maximumPagesPerStep, progress, cancellationToken);
        }
    }

    /// <summary>
    /// Writes the newest committed state to a stream: consistent, without free pages, checksummed page by page and as a whole. Readers and the
    /// writer go on, and nothing that happens to the file meanwhile, a compaction included, shows in the copy (B8).
    /// </summary>
    /// <param name="destination">Receives the copy; need not seek. Neither flushed to a device nor closed.</param>
    /// <param name="progress">Is told the number of pages written so far, now and then.</param>
    /// <param name="cancellationToken">Ends the work; what was written by then is no backup and is refused by <see cref="StoreBackup"/>.</param>
    /// <exception cref="StoreDamagedException">A page is damaged.</exception>
    /// <exception cref="ReaderOustedException">The backup's reader was ousted.</exception>
    /// <exception cref="TooManyReadersException">All readers are in use.</exception>
    /// <exception cref="ObjectDisposedException">The store was disposed.</exception>
    public BackupSummary Backup(Stream destination, IProgress<long>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(destination);
        using ReadTransaction reader = BeginRead(nameof(Backup));
        return Backup(reader, destination, progress, cancellationToken);
    }

    /// <summary>
    /// Writes the state that a reader sees to a stream, as <see cref="Backup(Stream, IProgress{long}, CancellationToken)"/> does with the newest. The same state gives
    /// the same bytes each time, whether it is in the file yet or waits in memory, so a copy that broke off can be gone on with.
    /// </summary>
    /// <param name="state">Pins the state; stays the caller's, who keeps it open until the end.</param>
    /// <param name="destination">Receives the copy; need not seek. Neither flushed to a device nor closed.</param>
    /// <param name="progress">Is told the number of pages written so far, now and then.</param>
    /// <param name="cancellationToken">Ends the work; what was written by then is no backup.</param>
    /// <exception cref="ArgumentException">The reader is another store's.</exception>
    /// <exception cref="StoreDamagedException">A page is damaged.</exception>
    /// <exception cref="ReaderOustedException">The reader was ousted.</exception>
    /// <exception cref="ObjectDisposedException">The reader or the store was disposed.</exception>
    public BackupSummary Backup(ReadTransaction state, Stream destination, IProgress<long>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(destination);
        if (state.Store != this)
        {
            throw new ArgumentException("The reader is another store's.", nameof(state));
        }

        return new BackupWriter(state, StoreId, PageSizeBytes, destination, progress, cancellationToken).Run();
    }

    /// <summary>
    /// The highest page in use, the page from which on a file without gaps would have none, and the number of free pages: for the compaction.
    /// </summary>
    internal (ulong Highest, ulong Target, long Free) MeasureTail()
    {
        lock (StateLock)
        {
            // The maps of both durable states, and one to come.
            ulong mapPages = 3 * (ulong)_durable.MapPages.Count();
            return (_freelist.HighestUsed, PageHeader.FirstPageId + (ulong)_freelist.UsedCount + mapPages, _freelist.FreeCount);
        }
    }

    /// <summary>Cuts the file behind the last page that a durable state counts, once no reader can reach beyond.</summary>
    /// <returns>Whether nothing is left to cut.</returns>
    internal bool TryShrink()
    {
        lock (_durability)
        {
            ulong pageCount;
            lock (StateLock)
            {
                ThrowIfNotWritable();
                pageCount = Math.Max(_freelist.PageCount, Math.Max(_durable.Newest.PageCount, _durable.Older?.PageCount ?? 0));
                if (_writer is not null)
                {
                    return false;
                }

                if (pageCount < _file.PageCapacity)
                {
                    _file.ShrinkMapping(pageCount, _freelist.Unwritten.List());
                    Volatile.Write(ref _current, _current.Remap(_file.Mapping));
                }

                Interlocked.MemoryBarrier();
                ReleaseMappings();
            }

            try
            {
                return _file.TryTruncate(pageCount);
            }
            catch (Exception exception)
            {
                Latch(exception);
                throw;
            }
        }
    }

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
}
