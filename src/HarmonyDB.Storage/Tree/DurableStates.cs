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
    private SpaceMap _map;

    /// <summary>Whether the newest meta page, and what it lists, may be in the system's cache only: nobody saw its flush succeed.</summary>
    private bool _isNewestUnflushed = true;

    internal DurableStates(StoreFile file, Freelist freelist, Lock stateLock, RecoveredMetas metas, SpaceMap map)
    {
        _file = file;
        _freelist = freelist;
        _stateLock = stateLock;
        _newestSlot = metas.NewestSlot;
        _map = map;
        Newest = metas.Newest;
        Older = metas.Older;
    }

    internal MetaPage Newest { get; private set; }

    /// <summary>The state before, null if its meta page was found torn.</summary>
    internal MetaPage? Older { get; private set; }

    /// <summary>The pages of the newest durable state's space map.</summary>
    internal IEnumerable<ulong> MapPages => _map.Pages;

    /// <summary>Notes what the newest committed state uses, while it still is the newest. The caller holds the state lock.</summary>
    internal DurableStep Prepare(Snapshot state)
    {
        SpaceMapChange change = _freelist.CreateMap(state.TxId, _map);
        return new DurableStep(state, change, _freelist.PageCount, _freelist.ListUnwritten());
    }

    /// <summary>Writes what is in memory only of a state, and makes it durable. On return it survives power loss; until then the older two do.</summary>
    /// <param name="step">What <see cref="Prepare"/> noted.</param>
    /// <param name="isAllUnwritten">
    /// Whether what the step lists as unwritten is all that lies between the newest durable state and this one. If it is also little, it is flushed together
    /// with the meta page; otherwise before it.
    /// </param>
    /// <exception cref="DiskFullException">No room for the space map. Nothing has changed.</exception>
    /// <exception cref="StoreSizeLimitException">The same, because of the store's own limit.</exception>
    internal void MakeDurable(DurableStep step, bool isAllUnwritten)
    {
        try
        {
            // 1. The state's pages, and a record of which pages it uses, go to places that no durable state uses.
            _file.EnsureLength(step.PageCount);
            PageWriter.Write(_file, step.State.Mapping, step.Unwritten);
            step.Map.Write(_file);

            // 2. Unless the meta page can tell whether they arrived, the state's pages, its space map and the file's length must be durable
            //    before anything points to them (W15).
            List<WrittenPage>? listed = _isNewestUnflushed || !isAllUnwritten ? null : List(step);
            if (listed is null)
            {
                RewriteNewest();
                _file.Flush();
                _isNewestUnflushed = false;
            }

            // 3. Over the older meta: a torn write leaves the newest one valid (W14).
            int slot = 1 - _newestSlot;
            MetaPage meta = CreateMeta(step, listed ?? []);
            WriteMeta(meta, slot);

            // 4. Only now is it durable, and only now may pages of the state that it replaced be reused.
            _file.Flush();
            Advance(meta, slot, step);
        }
        catch (Exception)
        {
            lock (_stateLock)
            {
                _freelist.UndoMap(step.Map, _map);
            }

            throw;
        }
    }

    /// <summary>
    /// Says in the other meta page too that the newest state is whole. From then on a page of it that does not match its checksum is damage,
    /// where before it could have been a commit that a power cut interrupted.
    /// </summary>
    internal void Confirm()
    {
        if (Newest.Listed.Count == 0)
        {
            return;
        }

        if (_isNewestUnflushed)
        {
            RewriteNewest();
            _file.Flush();
            _isNewestUnflushed = false;
        }

        MetaPage confirmed = Newest with { Listed = [] };
        WriteMeta(confirmed, 1 - _newestSlot);
        _file.Flush();
        Older = Newest;
        Newest = confirmed;
        _newestSlot = 1 - _newestSlot;
    }

    private static List<WrittenPage>? List(DurableStep step) => step.Unwritten.Length + step.Map.Written.Count > MetaPage.ListedMaximum
        ? null
        : [.. PageWriter.List(step.State.Mapping, step.Unwritten), .. step.Map.Written];

    /// <summary>
    /// What a process before this one wrote may have failed to reach the disk and yet count as clean in the system's cache, so that flushing
    /// it again would do nothing (W8). Written again, it is dirty again.
    /// </summary>
    private unsafe void RewriteNewest()
    {
        if (_isNewestUnflushed)
        {
            foreach (WrittenPage page in Newest.Listed)
            {
                _file.Write((long)page.Page * _file.PageSizeBytes, new ReadOnlySpan<byte>(_file.Mapping.Page(page.Page), _file.PageSizeBytes));
            }

            WriteMeta(Newest, _newestSlot);
        }
    }

    private MetaPage CreateMeta(DurableStep step, List<WrittenPage> listed) => Newest with
    {
        TxId = step.State.TxId,
        Mark = step.State.Mark,
        Root = step.State.Root,
        TreeCount = step.State.TreeCount,
        PageCount = step.PageCount,
        MapRoot = step.Map.Map.Root.Page,
        MapTxId = step.Map.Map.Root.Transaction,
        Listed = listed,
    };

    private void WriteMeta(MetaPage meta, int slot)
    {
        Span<byte> page = stackalloc byte[MetaPage.SizeBytes];
        int lengthBytes = meta.Write(page, slot);
        try
        {
            _file.Write((long)slot * _file.PageSizeBytes, page[..lengthBytes]);
        }
        catch (DiskFullException exception)
        {
            // Both metas lie in allocated blocks. A system that has no room for them leaves it open what they hold.
            throw new StoreFailedException(_file.Path, exception);
        }
    }

    private void Advance(MetaPage meta, int slot, DurableStep step)
    {
        lock (_stateLock)
        {
            _freelist.NoteWritten(step.Unwritten);
            _freelist.Retire(meta.TxId, step.Map.Retired);
            Older = Newest;
            Newest = meta;
            _newestSlot = slot;
            _map = step.Map.Map;
        }
    }
}
