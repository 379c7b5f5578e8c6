namespace HarmonyDB.Storage.Tree;

/// <summary>
/// Writes one state to a stream, children before what points to them, so that each page's new number is known when it is needed and nothing
/// has to be written twice. Memory: one page for each level.
/// </summary>
internal sealed unsafe class BackupWriter
{
    private const int ProgressEveryPages = 4096;

    private readonly ReadTransaction _reader;
    private readonly CommittedPages _pages;
    private readonly Guid _storeId;
    private readonly int _pageSizeBytes;
    private readonly Stream _destination;
    private readonly IProgress<long>? _progress;
    private readonly CancellationToken _cancellationToken;
    private readonly byte[]?[] _buffers = new byte[StoreLimits.DepthMaximum][];
    private ulong _next = PageHeader.FirstPageId;
    private ulong _reported;
    private uint _checksum;
    private long _writtenBytes;

    internal BackupWriter(ReadTransaction reader, Guid storeId, int pageSizeBytes, Stream destination, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        _reader = reader;
        _storeId = storeId;
        _pageSizeBytes = pageSizeBytes;
        _destination = destination;
        _progress = progress;
        _cancellationToken = cancellationToken;
        _pages = reader.CreateVerifyingPages();
    }

    internal BackupSummary Run()
    {
        Snapshot state = _reader.Snapshot;
        Span<byte> frame = stackalloc byte[BackupFormat.HeaderBytes];
        BackupFormat.WriteHeader(frame, _storeId, _pageSizeBytes, state.TxId, state.Mark);
        Write(frame);
        ulong root = state.Root == 0 ? 0 : CopyNode(state.Root, PageSource.AnyLevel, isTreeOfTrees: true);
        BackupFormat.WriteTrailer(frame, _next, root, state.TreeCount, _checksum);
        Write(frame);
        return new BackupSummary(_storeId, new TxId(state.TxId), state.Mark, (long)_next, _writtenBytes);
    }

    private ulong CopyNode(ulong pageId, int level, bool isTreeOfTrees)
    {
        _cancellationToken.ThrowIfCancellationRequested();

        // An ousted reader ends here; its pages are safe until it is disposed.
        _ = _reader.Snapshot;
        NodePage source = _pages.GetNode(pageId, level);

        // While a page of the tree of trees waits, whole trees are copied; so those pages have buffers of their own.
        byte[] buffer = isTreeOfTrees ? new byte[_pageSizeBytes] : _buffers[source.Level] ??= new byte[_pageSizeBytes];
        new ReadOnlySpan<byte>(source.Pointer, _pageSizeBytes).CopyTo(buffer);
        fixed (byte* page = buffer)
        {
            var editor = new NodeEditor(page, _pageSizeBytes);
            for (int i = 0; i < source.Count; i++)
            {
                if (source.IsLeaf)
                {
                    CopyValue(editor.Node, i, isTreeOfTrees);
                }
                else
                {
                    editor.SetChild(i, CopyNode(source.Child(i), source.Level - 1, isTreeOfTrees));
                }
            }

            ulong copyId = _next++;
            PageHeader.Write(page, (PageType)page[PageHeader.TypeOffset], source.Level, copyId, source.Transaction);
            PageHeader.Seal(page, _pageSizeBytes);
            Write(buffer);
            return copyId;
        }
    }

    private void CopyValue(NodePage leaf, int index, bool isTreeOfTrees)
    {
        uint header = leaf.ValueHeader(index);
        bool isLarge = (header & NodePage.OverflowFlag) != 0;
        if (!isLarge && !isTreeOfTrees)
        {
            return;
        }

        Span<byte> payload = new(leaf.Payload(index), NodePage.PayloadBytes(header));
        ReadOnlySpan<byte> value = _pages.GetValue(leaf, index);
        if (isTreeOfTrees)
        {
            TreeRecord record = TreeRecord.Read(_reader.Path, leaf, value);
            byte[] copied = new byte[TreeRecord.SizeBytes];
            ulong root = record.Root == 0 ? 0 : CopyNode(record.Root, PageSource.AnyLevel, isTreeOfTrees: false);
            (record with { Root = root }).Write(copied);
            value = copied;
            if (!isLarge)
            {
                value.CopyTo(payload);
                return;
            }
        }

        CopyRun(OverflowReference.Read(leaf.Payload(index)).Transaction, value).Write(payload);
    }

    private OverflowReference CopyRun(ulong txId, ReadOnlySpan<byte> value)
    {
        ulong first = _next;
        int pageCount = OverflowRun.PageCount(value.Length, _pageSizeBytes);
        byte[] header = new byte[OverflowRun.ValueOffset(value.Length)];
        OverflowRun.WriteHeader(header, first, txId, value);
        Write(header);
        Write(value);
        Write(new byte[((long)pageCount * _pageSizeBytes) - header.Length - value.Length]);
        _next += (ulong)pageCount;
        return new OverflowReference(first, txId);
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        _destination.Write(bytes);
        _checksum = Crc32C.Compute(bytes, _checksum);
        _writtenBytes += bytes.Length;
        if (_next - _reported >= ProgressEveryPages)
        {
            _reported = _next;
            _progress?.Report((long)_next);
        }
    }
}
