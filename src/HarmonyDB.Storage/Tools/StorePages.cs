using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Tree;

namespace HarmonyDB.Storage.Tools;

/// <summary>The pages of a store file one by one, whether the store opens or not. Reads only.</summary>
public sealed unsafe class StorePages : IDisposable
{
    private readonly SalvageSource _source;

    private StorePages(SalvageSource source)
    {
        _source = source;
    }

    /// <summary>Page size in bytes.</summary>
    public int PageSizeBytes => _source.PageSizeBytes;

    /// <summary>Whole pages in the file, in use or not.</summary>
    public long Count => (long)_source.PageCount;

    /// <summary>Opens a file that nobody writes to.</summary>
    /// <param name="path">The file.</param>
    /// <param name="disk">The disk it lives on.</param>
    /// <exception cref="StoreDamagedException">Not a single page of a store can be told in the file.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static StorePages Open(string path, Disk disk)
    {
        ArgumentNullException.ThrowIfNull(disk);
        return new StorePages(SalvageSource.TryOpen(path, disk)
            ?? throw new StoreDamagedException(path, new PageId(0), "no page of a store can be told in this file"));
    }

    /// <summary>Describes a page. A sound checksum is required for every kind but <see cref="PageKind.Unknown"/>.</summary>
    public PageInfo Describe(PageId page)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(page.Value, _source.PageCount, nameof(page));
        byte* bytes = _source.File.Mapping.Page(page.Value);
        if (page.Value < PageHeader.FirstPageId)
        {
            return MetaPage.TryRead(new ReadOnlySpan<byte>(bytes, PageSizeBytes), (int)page.Value, out MetaPage? meta)
                ? new PageInfo(page, PageKind.Meta, 0, 0, MetaPage.SizeBytes, new TxId(meta!.TxId))
                : new PageInfo(page, PageKind.Unknown, 0, 0, 0, default);
        }

        if (_source.IsNode(page.Value))
        {
            var node = new NodePage(bytes, PageSizeBytes);
            return new PageInfo(page, node.IsLeaf ? PageKind.Leaf : PageKind.Branch, node.Level, node.Count, node.UsedBytes, new TxId(node.Transaction));
        }

        PageKind kind = PageHeader.Id(bytes) != page.Value ? PageKind.Unknown : (PageType)bytes[PageHeader.TypeOffset] switch
        {
            PageType.Overflow when IsOverflow(page.Value, bytes) => PageKind.Overflow,
            PageType.SpaceMap when PageHeader.ComputeChecksum(bytes, PageSizeBytes) == PageHeader.Checksum(bytes) => PageKind.SpaceMap,
            _ => PageKind.Unknown,
        };
        return kind == PageKind.Unknown
            ? new PageInfo(page, kind, 0, 0, 0, default)
            : new PageInfo(page, kind, 0, 0, kind == PageKind.Overflow ? (long)PageHeader.Tail(bytes) : 0, new TxId(PageHeader.Transaction(bytes)));
    }

    /// <summary>The bytes of a page, valid until this is disposed.</summary>
    public ReadOnlySpan<byte> Bytes(PageId page)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(page.Value, _source.PageCount, nameof(page));
        return new ReadOnlySpan<byte>(_source.File.Mapping.Page(page.Value), PageSizeBytes);
    }

    /// <inheritdoc/>
    public void Dispose() => _source.Dispose();

    private bool IsOverflow(ulong first, byte* run)
    {
        ulong length = PageHeader.Tail(run);
        return length <= StoreLimits.ValueBytesMaximum
            && (ulong)OverflowRun.PageCount((int)length, PageSizeBytes) <= _source.PageCount - first
            && OverflowRun.FindFault(run, new OverflowReference(first, PageHeader.Transaction(run)), (int)length) is null;
    }
}
