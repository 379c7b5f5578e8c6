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

    /// <summary>Makes a state durable whose pages were all written. On return it survives power loss; until then the older two do.</summary>
    /// <param name="state">The state.</param>
    /// <param name="isCommitting">Whether it is the open write transaction's own, rather than one that was published before.</param>
    /// <exception cref="DiskFullException">No room for the free list. Nothing has changed.</exception>
    internal void MakeDurable(Snapshot state, bool isCommitting)
    {
        List<ulong> chain = [];
        try
        {
            // 1. Record what this state leaves free, in pages that no durable state uses.
            List<FreeExtent> extents = AllocateChain(chain, isCommitting, out ulong pageCount);
            _file.EnsureCapacity(pageCount);
            FreelistChain.Write(_file, state.TxId, chain, extents);

            // 2. The state's pages, its free list and the file's length must be durable before anything points to them (W15).
            _file.Flush();

            // 3. Over the older meta: a torn write leaves the newest one valid (W14).
            int slot = 1 - _newestSlot;
            MetaPage meta = CreateMeta(state, chain, pageCount);
            WriteMeta(meta, slot);

            // 4. Only now is it durable, and only now may pages of the state that it replaced be reused.
            _file.Flush();
            Advance(meta, slot, chain);
        }
        catch (Exception)
        {
            lock (_stateLock)
            {
                foreach (ulong page in chain)
                {
                    _freelist.Release(page, 1);
                }
            }

            throw;
        }
    }

    private List<FreeExtent> AllocateChain(List<ulong> chain, bool isCommitting, out ulong pageCount)
    {
        lock (_stateLock)
        {
            int extentCount = _freelist.Capture(Newest.TxId, _newestChain, !isCommitting).Count;
            for (int i = FreelistChain.PageCount(extentCount, _file.PageSizeBytes); i > 0; i--)
            {
                chain.Add(_freelist.AllocateForFreelist());
            }

            pageCount = _freelist.PageCount;
            return _freelist.Capture(Newest.TxId, _newestChain, !isCommitting);
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
}
