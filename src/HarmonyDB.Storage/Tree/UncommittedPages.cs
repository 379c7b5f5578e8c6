namespace HarmonyDB.Storage.Tree;

/// <summary>
/// The pages as the open write transaction sees them: private copies of those it changed, the committed ones otherwise. A committed page is
/// never changed; the first change copies it to a newly allocated page.
/// </summary>
internal sealed unsafe class UncommittedPages : PageSource, IDisposable
{
    private const int CoalescedBytesMaximum = 16 << 10;

    private readonly StoreFile _file;
    private readonly Freelist _freelist;
    private readonly Lock _stateLock;
    private readonly PageBufferPool _buffers;
    private readonly CommittedPages _committed;
    private readonly Dictionary<ulong, nint> _dirty = [];
    private readonly List<RetiredPages> _retired = [];
    private readonly ulong _pageCountBefore;
    private readonly long _reservePages;
    private List<WrittenPage>? _written = [];

    internal UncommittedPages(StoreFile file, Freelist freelist, Lock stateLock, PageBufferPool buffers, ulong txId, long reserveBytes)
    {
        _file = file;
        _freelist = freelist;
        _stateLock = stateLock;
        _buffers = buffers;
        _committed = new CommittedPages(file);
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

    /// <summary>All pages that this transaction wrote, null if they are many or large values among them.</summary>
    internal IReadOnlyList<WrittenPage>? Written => _written;

    /// <summary>Committed pages that this transaction unlinked.</summary>
    internal IReadOnlyList<RetiredPages> Retired => _retired;

    internal override NodePage GetNode(ulong pageId, int level) =>
        _dirty.TryGetValue(pageId, out nint page) ? new NodePage((byte*)page, PageSizeBytes) : _committed.GetNode(pageId, level);

    internal override ReadOnlySpan<byte> GetOverflow(OverflowReference reference, int valueBytes) => _committed.GetOverflow(reference, valueBytes);

    internal NodeEditor Edit(ulong pageId) => new((byte*)_dirty[pageId], PageSizeBytes);

    internal ulong AllocateNode(int level)
    {
        ulong pageId = Allocate(1);
        byte* page = _buffers.Rent();
        _dirty.Add(pageId, (nint)page);
        new NodeEditor(page, PageSizeBytes).Initialize(level, pageId, Transaction);
        return pageId;
    }

    /// <summary>A page with the same contents that this transaction may change: the page itself if it is its own, else a copy.</summary>
    internal ulong MakeWritable(ulong pageId, int level) => EditWritable(pageId, level).Node.Id;

    /// <summary>The same, ready to be changed.</summary>
    internal NodeEditor EditWritable(ulong pageId, int level)
    {
        if (_dirty.TryGetValue(pageId, out nint page))
        {
            return new NodeEditor((byte*)page, PageSizeBytes);
        }

        NodePage source = _committed.GetNode(pageId, level);
        ulong copyId = Allocate(1);
        byte* copy = _buffers.Rent();
        _dirty.Add(copyId, (nint)copy);
        Buffer.MemoryCopy(source.Pointer, copy, PageSizeBytes, PageSizeBytes);
        PageHeader.Write(copy, (PageType)copy[PageHeader.TypeOffset], source.Level, copyId, Transaction);
        _retired.Add(new RetiredPages(pageId, 1, source.Transaction));
        return new NodeEditor(copy, PageSizeBytes);
    }

    /// <summary>Whether a node of the committed state could be copied to a place below a page.</summary>
    internal bool HasFreeBelow(ulong pageId)
    {
        lock (_stateLock)
        {
            return _freelist.LowestFree < pageId;
        }
    }

    /// <summary>Copies a large value of the committed state to a free place before its own.</summary>
    /// <returns>False if there is none.</returns>
    internal bool TryMoveOverflow(OverflowReference reference, int valueBytes, out OverflowReference moved)
    {
        int count = OverflowRun.PageCount(valueBytes, PageSizeBytes);
        ulong first;
        lock (_stateLock)
        {
            if (_freelist.IsUncommitted(reference.FirstPageId) || !_freelist.TryAllocateBelow(reference.FirstPageId, count, out first))
            {
                moved = default;
                return false;
            }
        }

        moved = WriteOverflow(_committed.GetOverflow(reference, valueBytes), first, count);
        _retired.Add(new RetiredPages(reference.FirstPageId, count, reference.Transaction));
        return true;
    }

    /// <summary>Unlinks a node: its own ones can be reused at once (B5), committed ones when nobody needs them.</summary>
    internal void FreeNode(ulong pageId, int level)
    {
        if (_dirty.Remove(pageId, out nint page))
        {
            _buffers.Return((byte*)page);
            lock (_stateLock)
            {
                _freelist.Release(pageId, 1);
            }
        }
        else
        {
            _retired.Add(new RetiredPages(pageId, 1, _committed.GetNode(pageId, level).Transaction));
        }
    }

    /// <summary>Writes a large value straight to the file, into pages that nobody reads before the commit.</summary>
    internal OverflowReference WriteOverflow(ReadOnlySpan<byte> value)
    {
        int count = OverflowRun.PageCount(value.Length, PageSizeBytes);
        return WriteOverflow(value, Allocate(count), count);
    }

    private OverflowReference WriteOverflow(ReadOnlySpan<byte> value, ulong first, int count)
    {
        _written = null;
        EnsureCapacity(first + (ulong)count);
        OverflowRun.Write(_file, first, Transaction, value);
        Mapping mapping = _committed.Mapping!;
        mapping.SetVerified(first);
        for (ulong i = first + 1; i < first + (ulong)count; i++)
        {
            // The value's bytes must never pass for a node that was verified.
            mapping.ClearVerified(i);
        }

        return new OverflowReference(first, Transaction);
    }

    internal void FreeOverflow(OverflowReference reference, int valueBytes)
    {
        int count = OverflowRun.PageCount(valueBytes, PageSizeBytes);
        lock (_stateLock)
        {
            if (_freelist.IsUncommitted(reference.FirstPageId))
            {
                _freelist.Release(reference.FirstPageId, count);
                return;
            }
        }

        _retired.Add(new RetiredPages(reference.FirstPageId, count, reference.Transaction));
    }

    /// <summary>Writes all changed nodes, neighbours together. Nothing points to them yet.</summary>
    internal void WriteNodes()
    {
        ulong[] ids = [.. _dirty.Keys];
        Array.Sort(ids);
        if (ids.Length > MetaPage.ListedMaximum)
        {
            _written = null;
        }

        if (ids.Length > 0)
        {
            EnsureCapacity(ids[^1] + 1);
        }

        byte[]? staging = null;
        int pagesMaximum = CoalescedBytesMaximum / PageSizeBytes;
        for (int from = 0; from < ids.Length;)
        {
            int count = 1;
            while (from + count < ids.Length && count < pagesMaximum && ids[from + count] == ids[from] + (ulong)count)
            {
                count++;
            }

            if (count > 1)
            {
                staging ??= System.Buffers.ArrayPool<byte>.Shared.Rent(CoalescedBytesMaximum);
            }

            WriteNeighbours(ids.AsSpan(from, count), staging);
            from += count;
        }

        if (staging is not null)
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(staging);
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

    /// <summary>Returns the buffers; the pages are in the file or given up.</summary>
    public void Dispose()
    {
        foreach (nint page in _dirty.Values)
        {
            _buffers.Return((byte*)page);
        }

        _dirty.Clear();
        _buffers.Return(LeftScratch);
        _buffers.Return(RightScratch);
    }

    private ulong Allocate(int count)
    {
        lock (_stateLock)
        {
            return _freelist.Allocate(count);
        }
    }

    private void EnsureCapacity(ulong pageCount)
    {
        if (KeepsReserve && _reservePages > 0)
        {
            lock (_stateLock)
            {
                pageCount = Math.Max(pageCount, _freelist.PageCount + (ulong)Math.Max(0, _reservePages - _freelist.FreeCount));
            }
        }

        _file.EnsureCapacity(pageCount);
        AttachMapping();
    }

    private void AttachMapping()
    {
        Mapping mapping = _file.Mapping;
        _committed.Attach(mapping, mapping.PageCount);
    }

    private void WriteNeighbours(ReadOnlySpan<ulong> ids, byte[]? staging)
    {
        for (int i = 0; i < ids.Length; i++)
        {
            byte* page = (byte*)_dirty[ids[i]];
            PageHeader.Seal(page, PageSizeBytes);
            _committed.Mapping!.SetVerified(ids[i]);
            _written?.Add(new WrittenPage(ids[i], PageHeader.Checksum(page)));
            var bytes = new ReadOnlySpan<byte>(page, PageSizeBytes);
            if (ids.Length == 1)
            {
                _file.Write((long)ids[0] * PageSizeBytes, bytes);
                return;
            }

            bytes.CopyTo(staging.AsSpan(i * PageSizeBytes));
        }

        _file.Write((long)ids[0] * PageSizeBytes, staging.AsSpan(0, ids.Length * PageSizeBytes));
    }
}
