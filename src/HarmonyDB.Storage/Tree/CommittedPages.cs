using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.Intrinsics.X86;

namespace HarmonyDB.Storage.Tree;

/// <summary>The pages of a committed state, read straight from the mapping; each is verified the first time it is touched after opening.</summary>
internal sealed unsafe class CommittedPages : PageSource
{
    private readonly string _path;
    private Mapping? _mapping;
    private ulong _pageCount;

    internal CommittedPages(StoreFile file)
    {
        _path = file.Path;
        PageSizeBytes = file.PageSizeBytes;
    }

    internal Mapping? Mapping => Volatile.Read(ref _mapping);

    /// <summary>Whether to verify every page, even one that was verified before: for the checker.</summary>
    internal bool AlwaysVerify { get; init; }

    /// <summary>Where to read each page once more when it is verified, for the mapping may show this process's own copy of it: for the scrubber.</summary>
    internal StoreFile? VerifiedFile { get; init; }

    internal void Attach(Mapping mapping, ulong pageCount)
    {
        Volatile.Write(ref _mapping, mapping);
        _pageCount = pageCount;
    }

    internal void Detach() => Volatile.Write(ref _mapping, null);

    internal override NodePage GetNode(ulong pageId, int level)
    {
        // Unsigned: page ids 0 and 1 wrap around and are refused too.
        if (pageId - PageHeader.FirstPageId >= _pageCount - PageHeader.FirstPageId)
        {
            ThrowDamaged(pageId, "a page that points to it lies, for it is outside the tree's pages");
        }

        Mapping mapping = _mapping!;
        byte* page = mapping.Page(pageId);
        if (AlwaysVerify || !mapping.IsVerified(pageId))
        {
            Verify(mapping, page, pageId);
        }

        var node = new NodePage(page, PageSizeBytes);
        if (PageHeader.Kind(page) != PageHeader.NodeKind(level == AnyLevel ? node.Level : level))
        {
            ThrowDamaged(pageId, $"it is not a node of level {level}");
        }

        return node;
    }

    /// <inheritdoc/>
    internal override bool TryFind(ulong root, ReadOnlySpan<byte> key, out NodePage leaf, out int index)
    {
        if (root == 0)
        {
            leaf = default;
            index = 0;
            return false;
        }

        NodePage node = GetNode(root, AnyLevel);
        for (int level = node.Level; level > 0; level--)
        {
            ulong child = node.Child(node.ChildIndex(key));
            Prefetch(child);
            node = GetNode(child, level - 1);
        }

        leaf = node;
        int guess = node.GuessAndPrefetch(key);
        bool found = false;
        index = guess < 0 ? ~guess : node.SettleGuess(key, guess, out found);
        return found;
    }

    /// <summary>
    /// Fetches the lines of a node in which a search begins all at once, so that a lookup waits for memory about twice a level instead of once for each
    /// line. A page number that is not valid does no harm: fetching ahead never faults.
    /// </summary>
    internal void Prefetch(ulong pageId)
    {
        if (Sse.IsSupported)
        {
            byte* page = _mapping!.Page(pageId);
            Sse.Prefetch0(page);
            Sse.Prefetch0(page + 64);
            Sse.Prefetch0(page + 128);
            Sse.Prefetch0(page + 192);
        }
    }

    /// <summary>A node that <see cref="GetNode"/> has returned before.</summary>
    internal NodePage GetTrustedNode(ulong pageId) => new(_mapping!.Page(pageId), PageSizeBytes);

    /// <summary>Where a page would be: never to be read, for the number may be a lie.</summary>
    internal byte* AddressForPrefetch(ulong pageId) => _mapping!.Page(pageId);

    internal override ReadOnlySpan<byte> GetOverflow(OverflowReference reference, int valueBytes)
    {
        ulong first = reference.FirstPageId;
        ulong runPages = (ulong)OverflowRun.PageCount(valueBytes, PageSizeBytes);
        if (first < PageHeader.FirstPageId || first >= _pageCount || runPages > _pageCount - first)
        {
            ThrowDamaged(first, "a leaf that points to it lies, for the overflow run reaches outside the tree's pages");
        }

        Mapping mapping = _mapping!;
        byte* run = mapping.Page(first);
        if (AlwaysVerify || !mapping.IsVerified(first) || PageHeader.Transaction(run) != reference.Transaction
            || PageHeader.Tail(run) != (ulong)valueBytes || PageHeader.Kind(run) != (ushort)PageType.Overflow)
        {
            if (OverflowRun.FindFault(run, reference, valueBytes) is { } fault)
            {
                ThrowDamaged(first, fault);
            }

            mapping.SetVerified(first);
        }

        return new ReadOnlySpan<byte>(run + OverflowRun.ValueOffset(valueBytes), valueBytes);
    }

    [DoesNotReturn]
    private void ThrowDamaged(ulong pageId, string reason) => throw new StoreDamagedException(_path, new PageId(pageId), reason);

    private void Verify(Mapping mapping, byte* page, ulong pageId)
    {
        // A page that is nowhere but in memory gets its checksum when it is written.
        if (!mapping.IsUnwritten(pageId))
        {
            VerifyIdentity(page, pageId);
            if (VerifiedFile is not null)
            {
                VerifyInFile(VerifiedFile, pageId);
            }
        }

        if (new NodePage(page, PageSizeBytes).FindFault() is { } fault)
        {
            ThrowDamaged(pageId, fault);
        }

        mapping.SetVerified(pageId);
    }

    private void VerifyIdentity(byte* page, ulong pageId)
    {
        if (PageHeader.ComputeChecksum(page, PageSizeBytes) != PageHeader.Checksum(page))
        {
            ThrowDamaged(pageId, "its checksum does not match");
        }

        if (PageHeader.Id(page) != pageId)
        {
            ThrowDamaged(pageId, $"it says that it is page {PageHeader.Id(page)}");
        }
    }

    private void VerifyInFile(StoreFile file, ulong pageId)
    {
        byte[] copy = ArrayPool<byte>.Shared.Rent(PageSizeBytes);
        try
        {
            if (file.Read((long)pageId * PageSizeBytes, copy.AsSpan(0, PageSizeBytes)) < PageSizeBytes)
            {
                ThrowDamaged(pageId, "the file ends before it");
            }

            fixed (byte* page = copy)
            {
                VerifyIdentity(page, pageId);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(copy);
        }
    }
}
