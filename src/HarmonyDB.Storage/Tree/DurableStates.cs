using HarmonyDB.Storage.Files;

namespace HarmonyDB.Storage.Tree;

/// <summary>The two durable states that the meta pages record, and the steps that make a newer one durable.</summary>
/// <remarks>Callers hold the store's durability lock: only one state is made durable at a time.</remarks>
internal sealed class DurableStates
{
    private readonly StoreFile _file;
    private readonly Freelist _freelist;
    private readonly Lock _stateLock;
    private int _newestSlot;
    private List<ulong> _newestChain;

    internal DurableStates(StoreFile file, Freelist freelist, Lock stateLock, MetaPage newest, int newestSlot, MetaPage? older, List<ulong> newestChain)
    {
        _file = file;
        _freelist = freelist;
        _stateLock = stateLock;
        _newestSlot = newestSlot;
        _newestChain = newestChain;
        Newest = newest;
        Older = older;
    }

    internal MetaPage Newest { get; private set; }

    /// <summary>The state before, null if its meta page was found torn.</summary>
    internal MetaPage? Older { get; private set; }

    internal IReadOnlyList<ulong> NewestChain => _newestChain;

    /// <summary>
    /// Takes down what a state leaves free, and allocates the pages to record it in, of which no durable state uses any. Called under the state
    /// lock, for a published state in the same hold in which it was read: a commit in between would unlink pages that the state still uses.
    /// </summary>
    /// <param name="isCommitting">Whether the state is the open write transaction's own, rather than the newest published one.</param>
    internal FreePages CaptureFree(bool isCommitting)
    {
        var chain = new List<ulong>();
        int extentCount = _freelist.Capture(Newest.TxId, _newestChain, !isCommitting).Count;
        for (int i = FreelistChain.PageCount(extentCount, _file.PageSizeBytes); i > 0; i--)
        {
            chain.Add(_freelist.AllocateForFreelist());
        }

        return new FreePages(chain, _freelist.Capture(Newest.TxId, _newestChain, !isCommitting), _freelist.PageCount);
    }

    /// <summary>Makes a state durable whose pages were all written. On return it survives power loss; until then the older two do.</summary>
    /// <param name="state">The state.</param>
    /// <param name="free">What it leaves free.</param>
    /// <exception cref="DiskFullException">No room for the free list. Nothing has changed.</exception>
    internal void MakeDurable(Snapshot state, FreePages free)
    {
        try
        {
            // 1. Record what this state leaves free.
            _file.EnsureCapacity(free.PageCount);
            FreelistChain.Write(_file, state.TxId, free.Chain, free.Extents);

            // 2. The state's pages, its free list and the file's length must be durable before anything points to them (W15).
            _file.Flush();

            // 3. Over the older meta: a torn write leaves the newest one valid (W14).
            int slot = 1 - _newestSlot;
            MetaPage meta = CreateMeta(state, free.Chain, free.PageCount);
            WriteMeta(meta, slot);

            // 4. Only now is it durable, and only now may pages of the state that it replaced be reused.
            _file.Flush();
            Advance(meta, slot, free.Chain);
        }
        catch (Exception)
        {
            lock (_stateLock)
            {
                foreach (ulong page in free.Chain)
                {
                    _freelist.Release(page, 1);
                }
            }

            throw;
        }
    }

    private MetaPage CreateMeta(Snapshot state, List<ulong> chain, ulong pageCount) => Newest with
    {
        TxId = state.TxId,
        Mark = state.Mark,
        Root = state.Root,
        TreeCount = state.TreeCount,
        PageCount = pageCount,
        Freelist = chain.Count > 0 ? chain[0] : 0,
        FreelistPageCount = (ulong)chain.Count,
    };

    private void WriteMeta(MetaPage meta, int slot)
    {
        Span<byte> page = stackalloc byte[MetaPage.SizeBytes];
        meta.Write(page, slot);
        try
        {
            _file.Write((long)slot * _file.PageSizeBytes, page);
        }
        catch (DiskFullException exception)
        {
            // Both metas lie in allocated blocks. A system that has no room for them leaves it open what they hold.
            throw new StoreFailedException(_file.Path, exception);
        }
    }

    private void Advance(MetaPage meta, int slot, List<ulong> chain)
    {
        lock (_stateLock)
        {
            ulong previous = Newest.TxId;
            _freelist.Retire(meta.TxId, _newestChain.Select(page => new RetiredPages(page, 1, previous)));
            Older = Newest;
            Newest = meta;
            _newestSlot = slot;
            _newestChain = chain;
        }
    }

    /// <summary>What a state leaves free, and the pages to record it in.</summary>
    /// <param name="Chain">Those pages.</param>
    /// <param name="Extents">The free pages.</param>
    /// <param name="PageCount">Pages of the file, in use or free.</param>
    internal sealed record FreePages(List<ulong> Chain, List<FreeExtent> Extents, ulong PageCount);
}
