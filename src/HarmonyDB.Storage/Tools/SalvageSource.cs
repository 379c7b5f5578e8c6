using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Tree;

namespace HarmonyDB.Storage.Tools;

/// <summary>A store file that need not open as a store: its pages, as far as each proves itself by its checksum, number and layout.</summary>
internal sealed unsafe class SalvageSource : IDisposable
{
    /// <summary>Pages that are looked at to find out the page size of a file without a meta page.</summary>
    private const ulong SamplePagesMaximum = 4096;

    private readonly CommittedPages _pages;

    private SalvageSource(StoreFile file, MetaPage? meta, MetaPage? older)
    {
        File = file;
        Meta = meta;
        OlderMeta = older;
        _pages = new CommittedPages(file);
        _pages.Attach(file.Mapping, file.PageCapacity);
    }

    internal StoreFile File { get; }

    /// <summary>The newest meta page, null if neither is valid.</summary>
    internal MetaPage? Meta { get; }

    internal MetaPage? OlderMeta { get; }

    internal int PageSizeBytes => File.PageSizeBytes;

    /// <summary>Whole pages in the file.</summary>
    internal ulong PageCount => File.PageCapacity;

    internal CommittedPages Pages => _pages;

    /// <summary>Opens a file; null if it holds no page of a store.</summary>
    internal static SalvageSource? TryOpen(string path, Disk disk)
    {
        IDiskFile file = disk.Open(path, DiskFileMode.ReadOnly);
        try
        {
            (MetaPage? newest, MetaPage? older) = ReadMetas(file);
            int pageSizeBytes = newest?.PageSizeBytes ?? GuessPageSize(file);
            if (pageSizeBytes != 0 && file.LengthBytes >= pageSizeBytes)
            {
                var source = new SalvageSource(new StoreFile(file, pageSizeBytes, isReadOnly: true), newest, older);
                file = null!;
                return source;
            }

            return null;
        }
        finally
        {
            file?.Dispose();
        }
    }

    /// <summary>The state that a meta page describes, as far as the file reaches.</summary>
    internal Snapshot StateOf(MetaPage meta) => new()
    {
        TxId = meta.TxId,
        Mark = meta.Mark,
        Root = meta.Root,
        TreeCount = meta.TreeCount,
        PageCount = Math.Min(meta.PageCount, PageCount),
        Mapping = File.Mapping,
    };

    /// <summary>The node on a page, if there is a sound one.</summary>
    internal bool TryGetNode(ulong pageId, int level, out NodePage node)
    {
        node = default;
        try
        {
            node = _pages.GetNode(pageId, level);
            return true;
        }
        catch (StoreDamagedException)
        {
            return false;
        }
    }

    /// <summary>Whether a page is a sound node; throws nothing, for most pages of a file may be none.</summary>
    internal bool IsNode(ulong pageId)
    {
        if (File.Mapping.IsVerified(pageId))
        {
            return true;
        }

        byte* page = File.Mapping.Page(pageId);
        return PageHeader.Id(page) == pageId
            && PageHeader.Kind(page) == PageHeader.NodeKind(page[PageHeader.LevelOffset])
            && PageHeader.ComputeChecksum(page, PageSizeBytes) == PageHeader.Checksum(page)
            && new NodePage(page, PageSizeBytes).FindFault() is null;
    }

    /// <inheritdoc/>
    public void Dispose() => File.Dispose();

    private static (MetaPage? Newest, MetaPage? Older) ReadMetas(IDiskFile file)
    {
        try
        {
            RecoveredMetas metas = RecoveredMetas.Read(file);
            return (metas.Newest, metas.Older);
        }
        catch (StoreDamagedException)
        {
            return ReadContradictingMetas(file);
        }
    }

    private static (MetaPage? Newest, MetaPage? Older) ReadContradictingMetas(IDiskFile file)
    {
        try
        {
            MetaPage?[] metas = RecoveredMetas.ReadBoth(file);
            return metas[1] is { } second && (metas[0] is null || second.TxId > metas[0]!.TxId) ? (second, metas[0]) : (metas[0], metas[1]);
        }
        catch (StoreDamagedException)
        {
            // Two meta pages that contradict each other are as good as none.
            return (null, null);
        }
    }

    private static int GuessPageSize(IDiskFile file)
    {
        for (int size = StoreLimits.PageBytesMinimum; size <= StoreLimits.PageBytesMaximum; size *= 2)
        {
            byte[] buffer = new byte[size];
            ulong count = Math.Min((ulong)(file.LengthBytes / size), SamplePagesMaximum);
            for (ulong id = PageHeader.FirstPageId; id < count; id++)
            {
                file.Read((long)id * size, buffer);
                fixed (byte* page = buffer)
                {
                    // The checksum covers the whole page, so only the right size gives the right one.
                    if (PageHeader.Id(page) == id && PageHeader.ComputeChecksum(page, size) == PageHeader.Checksum(page))
                    {
                        return size;
                    }
                }
            }
        }

        return 0;
    }
}
