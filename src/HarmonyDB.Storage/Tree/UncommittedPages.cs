namespace HarmonyDB.Storage.Tree;

/// <summary>
/// The pages as the open write transaction sees them. It makes its own ones in the mapping, in places that no committed state uses; a
/// committed page is never changed: the first change copies it to such a place.
/// </summary>
/// <remarks>
/// A page is the transaction's own if its header has the transaction's id. Places are set aside before an operation begins, so that nothing
/// moves in the middle of one: see <see cref="Prepare"/>.
/// </remarks>
internal sealed unsafe class UncommittedPages : PageSource, IDisposable
{
    /// <summary>Most pages to set aside at once where they cost nothing, to take the lock less often.</summary>
    private const int SetAsideMaximum = 256;

    /// <summary>An operation copies a root, and may put a new one above it.</summary>
    private const int RootsPerOperation = 2;

    private readonly StoreFile _file;
    private readonly Freelist _freelist;
    private readonly Lock _stateLock;
    private readonly PageBufferPool _buffers;
    private readonly CommittedPages _pages;
    private readonly List<ulong> _nodes = [];
    private readonly Stack<ulong> _setAside = new();
    private readonly Stack<ulong> _setAsideForRoots = new();
    private readonly List<RetiredPages> _retired = [];
    private readonly ulong _pageCountBefore;
    private readonly long _reservePages;

    internal UncommittedPages(StoreFile file, Freelist freelist, Lock stateLock, PageBufferPool buffers, ulong txId, long reserveBytes)
    {
        _file = file;
        _freelist = freelist;
        _stateLock = stateLock;
        _buffers = buffers;
        _pages = new CommittedPages(file);
        _pageCountBefore = freelist.PageCount;
        _reservePages = reserveBytes / file.PageSizeBytes;
        PageSizeBytes = file.PageSizeBytes;
        Transaction = txId;
        Entries = new NodeEntries(PageSizeBytes);
        LeftScratch = buffers.Rent();
        RightScratch = buffers.Rent();
        AttachMapping();
    }

    internal ulong Transaction { get; }

    /// <summary>Working memory of whoever changes nodes.</summary>
    internal NodeEntries Entries { get; }

    internal byte* LeftScratch { get; }

    internal byte* RightScratch { get; }

    /// <summary>Whether the transaction adds entries, so that it must leave the reserve alone.</summary>
    internal bool KeepsReserve { get; set; }

    /// <summary>Whether it wrote large values, which are in the file and in no list.</summary>
    internal bool HasWrittenOverflow { get; private set; }

    /// <summary>Nodes that this transaction made; some of them it may have given up again.</summary>
    internal IReadOnlyList<ulong> Nodes => _nodes;

    /// <summary>Committed pages that this transaction unlinked.</summary>
    internal IReadOnlyList<RetiredPages> Retired => _retired;

    internal override NodePage GetNode(ulong pageId, int level) => _pages.GetNode(pageId, level);

    internal override ReadOnlySpan<byte> GetOverflow(OverflowReference reference, int valueBytes) => _pages.GetOverflow(reference, valueBytes);

    internal override bool TryFind(ulong root, ReadOnlySpan<byte> key, out NodePage leaf, out int index) => _pages.TryFind(root, key, out leaf, out index);

    /// <summary>Begins to fetch a node that is about to be descended to.</summary>
    internal void Prefetch(ulong pageId) => _pages.Prefetch(pageId);

    /// <summary>
    /// Sets aside as many places as one operation on a tree can take, so that the operation itself never extends the file or replaces the
    /// mapping: addresses of pages stay what they are until it is over.
    /// </summary>
    /// <param name="depth">Number of pages from the tree's root to a leaf.</param>
    /// <exception cref="HarmonyDB.Storage.Files.DiskFullException">No space is left.</exception>
    /// <exception cref="StoreSizeLimitException">The store's own limit is reached.</exception>
    /// <exception cref="MappingFailedException">The system has no address space for the grown file.</exception>
    internal void Prepare(int depth)
    {
        // Each page of the path is copied, and split or merged with a neighbour that is copied; a leaf may have two neighbours; a new root.
        int needed = (2 * depth) + 3;
        if (_setAside.Count >= needed && _setAsideForRoots.Count >= RootsPerOperation)
        {
            return;
        }

        ulong pageCount;
        ulong capacity;
        lock (_stateLock)
        {
            SetAside(needed, depth);

            pageCount = _freelist.PageCount;
            capacity = KeepsReserve && _reservePages > 0 ? pageCount + (ulong)Math.Max(0, _reservePages - _freelist.FreeCount) : pageCount;
        }

        EnsureCapacity(pageCount, capacity);
    }

    /// <summary>A page that this transaction made.</summary>
    internal NodeEditor Edit(ulong pageId) => new(_pages.GetTrustedNode(pageId).Pointer, PageSizeBytes);

    internal ulong AllocateNode(int level) => Initialize(level, _setAside);

    internal ulong AllocateRoot(int level) => Initialize(level, _setAsideForRoots);

    /// <summary>A page with the same contents that this transaction may change: the page itself if it is its own, else a copy.</summary>
    internal ulong MakeWritable(ulong pageId, int level) => EditWritable(pageId, level).Node.Id;

    /// <summary>The same, ready to be changed.</summary>
    internal NodeEditor EditWritable(ulong pageId, int level) => EditWritable(pageId, level, _setAside);

    /// <summary>The same for the root of a tree.</summary>
    internal NodeEditor EditWritableRoot(ulong pageId) => EditWritable(pageId, AnyLevel, _setAsideForRoots);

    private NodeEditor EditWritable(ulong pageId, int level, Stack<ulong> places)
    {
        NodePage source = _pages.GetNode(pageId, level);
        if (source.Transaction == Transaction)
        {
            return new NodeEditor(source.Pointer, PageSizeBytes);
        }

        ulong copyId = Take(places, out byte* copy);
        source.CopyTo(copy);
        PageHeader.Write(copy, (PageType)copy[PageHeader.TypeOffset], source.Level, copyId, Transaction);
        _retired.Add(new RetiredPages(pageId, 1, source.Transaction));
        return new NodeEditor(copy, PageSizeBytes);
    }

    /// <summary>Whether a node of the committed state could be copied to a place below a page.</summary>
    internal bool HasFreeBelow(ulong pageId)
    {
        lock (_stateLock)
        {
            return _setAside.TryPeek(out ulong next) ? next < pageId : _freelist.LowestFree < pageId;
        }
    }

    /// <summary>Copies a large value of the committed state to a free place before its own.</summary>
    /// <returns>False if there is none.</returns>
    internal bool TryMoveOverflow(OverflowReference reference, int valueBytes, out OverflowReference moved)
    {
        int count = OverflowRun.PageCount(valueBytes, PageSizeBytes);
        ulong first = 0;
        bool isMoved = false;
        if (reference.Transaction != Transaction)
        {
            lock (_stateLock)
            {
                isMoved = _freelist.TryAllocateBelow(reference.FirstPageId, count, out first);
            }
        }

        moved = default;
        if (isMoved)
        {
            moved = WriteOverflow(_pages.GetOverflow(reference, valueBytes), first, count);
            _retired.Add(new RetiredPages(reference.FirstPageId, count, reference.Transaction));
        }

        return isMoved;
    }

    /// <summary>Unlinks a node: its own ones can be reused at once (B5), committed ones when nobody needs them.</summary>
    internal void FreeNode(ulong pageId, int level)
    {
        ulong birth = _pages.GetNode(pageId, level).Transaction;
        if (birth == Transaction)
        {
            _setAside.Push(pageId);
        }
        else
        {
            _retired.Add(new RetiredPages(pageId, 1, birth));
        }
    }

    /// <summary>Writes a large value straight to the file, into pages that nobody reads before the commit.</summary>
    internal OverflowReference WriteOverflow(ReadOnlySpan<byte> value)
    {
        int count = OverflowRun.PageCount(value.Length, PageSizeBytes);
        ulong first;
        ulong pageCount;
        ulong capacity;
        lock (_stateLock)
        {
            first = _freelist.Allocate(count);
            pageCount = _freelist.PageCount;
            capacity = KeepsReserve && _reservePages > 0 ? pageCount + (ulong)Math.Max(0, _reservePages - _freelist.FreeCount) : pageCount;
        }

        EnsureCapacity(pageCount, capacity);
        return WriteOverflow(value, first, count);
    }

    internal void FreeOverflow(OverflowReference reference, int valueBytes)
    {
        int count = OverflowRun.PageCount(valueBytes, PageSizeBytes);
        if (reference.Transaction == Transaction)
        {
            lock (_stateLock)
            {
                _freelist.Release(reference.FirstPageId, count);
            }
        }
        else
        {
            _retired.Add(new RetiredPages(reference.FirstPageId, count, reference.Transaction));
        }
    }

    /// <summary>Gives back the places that were set aside and not taken.</summary>
    internal void ReleaseSetAside()
    {
        lock (_stateLock)
        {
            foreach (ulong pageId in _setAside.Concat(_setAsideForRoots.Reverse()))
            {
                _freelist.Release(pageId, 1);
            }

            _setAside.Clear();
            _setAsideForRoots.Clear();

            _freelist.TrimTail(_pageCountBefore);
        }
    }

    /// <summary>Takes back every allocation.</summary>
    internal void Abort()
    {
        lock (_stateLock)
        {
            _freelist.Abort(_pageCountBefore);
        }
    }

    /// <summary>Returns the working memory.</summary>
    public void Dispose()
    {
        _buffers.Return(LeftScratch);
        _buffers.Return(RightScratch);
    }

    private OverflowReference WriteOverflow(ReadOnlySpan<byte> value, ulong first, int count)
    {
        HasWrittenOverflow = true;
        Mapping mapping = _pages.Mapping!;
        mapping.Discard(first, count);
        OverflowRun.Write(_file, first, Transaction, value);
        mapping.SetVerified(first);
        for (ulong i = first + 1; i < first + (ulong)count; i++)
        {
            // The value's bytes must never pass for a node that was verified.
            mapping.ClearVerified(i);
        }

        return new OverflowReference(first, Transaction);
    }

    private ulong Initialize(int level, Stack<ulong> places)
    {
        ulong pageId = Take(places, out byte* page);
        new NodeEditor(page, PageSizeBytes).Initialize(level, pageId, Transaction);
        return pageId;
    }

    private ulong Take(Stack<ulong> places, out byte* page)
    {
        if (!places.TryPop(out ulong pageId))
        {
            throw new InvalidOperationException("An operation took more pages than were set aside for it.");
        }

        page = _pages.Mapping!.BeginChange(pageId);
        _nodes.Add(pageId);
        return pageId;
    }

    private void SetAside(int needed, int depth)
    {
        Span<ulong> places = stackalloc ulong[SetAsideMaximum + (2 * StoreLimits.DepthMaximum)];

        // Mostly an operation does no more than copy its path below the root.
        int count = _setAside.Count == 0 && depth > 1 ? depth - 1 : 0;
        _freelist.AllocateNeighbours(places[..count]);
        while (_setAside.Count + count < needed)
        {
            places[count++] = _freelist.Allocate(1);
        }

        // A large transaction takes the lock less often, where it costs nothing.
        int wanted = Math.Min(_nodes.Count, SetAsideMaximum) - _setAside.Count;
        while (count < wanted && _freelist.TryAllocateFree(out ulong place))
        {
            places[count++] = place;
        }

        // The first is taken first.
        while (count > 0)
        {
            _setAside.Push(places[--count]);
        }

        ulong first = _setAsideForRoots.Count == 0 ? _freelist.AllocateRoot() : _setAsideForRoots.Pop();
        if (_setAsideForRoots.Count == 0)
        {
            _setAsideForRoots.Push(_freelist.AllocateRoot());
        }

        _setAsideForRoots.Push(first);
    }

    private void EnsureCapacity(ulong pageCount, ulong capacity)
    {
        _file.EnsureLength(capacity);
        _file.EnsureMapped(pageCount, ListUnwritten);
        AttachMapping();
    }

    private ReadOnlyMemory<ulong> ListUnwritten()
    {
        lock (_stateLock)
        {
            return (ulong[])[.. _freelist.Unwritten.List(), .. _nodes];
        }
    }

    private void AttachMapping()
    {
        Mapping mapping = _file.Mapping;
        if (_pages.Mapping != mapping)
        {
            _pages.Attach(mapping, mapping.PageCount);
        }
    }
}
