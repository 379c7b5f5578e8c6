namespace HarmonyDB.Storage.Tree;

/// <summary>A named tree within a write transaction: reads see what the transaction wrote.</summary>
/// <remarks>Belongs to the thread that uses the transaction, and is dead once that is committed or disposed (B31).</remarks>
public sealed class TreeWriter
{
    private const int ReferenceBytes = sizeof(uint) + OverflowReference.SizeBytes;

    private readonly WriteTransaction _transaction;
    private readonly UncommittedPages _pages;
    private readonly TreePath _path = new();
    private readonly byte[] _input;

    /// <summary>The <see cref="Version"/> at which <see cref="_path"/> led to the place behind the last entry; -1 if it does not.</summary>
    private long _endVersion = -1;
    private bool _isAtEnd;

    internal TreeWriter(WriteTransaction transaction, UncommittedPages pages, byte[] name, ulong root, long count)
    {
        _transaction = transaction;
        _pages = pages;
        _input = new byte[KeyBytesMaximum + StoreLimits.InlineCellBytesMaximum(pages.PageSizeBytes)];
        Name = name;
        Root = root;
        EntryCount = count;
    }

    /// <summary>Longest key in bytes that this store accepts.</summary>
    public int KeyBytesMaximum => StoreLimits.KeyBytesMaximum(_pages.PageSizeBytes);

    /// <summary>Number of entries.</summary>
    public long Count
    {
        get
        {
            _transaction.ThrowIfEnded();
            return EntryCount;
        }
    }

    internal byte[] Name { get; }

    internal ulong Root { get; private set; }

    internal long EntryCount { get; private set; }

    /// <summary>Counts changes, so that cursors notice them.</summary>
    internal long Version { get; private set; }

    /// <summary>Whether the tree of trees must be told.</summary>
    internal bool HasChanged { get; set; }

    internal UncommittedPages Pages => _pages;

    /// <summary>Reads a value.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value, valid until the next change in this transaction or its end; empty if there is none.</param>
    /// <returns>Whether the key is there; an empty value is a value (B35).</returns>
    /// <exception cref="ObjectDisposedException">The transaction has ended.</exception>
    /// <exception cref="StoreDamagedException">A page on the way is damaged.</exception>
    public bool TryGet(scoped ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value)
    {
        _transaction.ThrowIfEnded();
        bool found = _pages.TryFind(Root, key, out NodePage leaf, out int index);
        value = found ? _pages.GetValue(leaf, index) : default;
        return found;
    }

    /// <summary>Writes a value, replacing the one that is there. Key and value are copied.</summary>
    /// <remarks>
    /// Keys that come in ascending order, each behind the last one of the tree, are noticed: they fill their pages, and need no descent.
    /// </remarks>
    /// <param name="key">From 1 to <see cref="KeyBytesMaximum"/> bytes.</param>
    /// <param name="value">From 0 to <see cref="StoreLimits.ValueBytesMaximum"/> bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">The key is empty or too long, or the value too long. Nothing has changed.</exception>
    /// <exception cref="HarmonyDB.Storage.Files.DiskFullException">No space is left to grow the file; the transaction can only be disposed.</exception>
    /// <exception cref="StoreSizeLimitException">The file may not grow any more; the transaction can only be disposed.</exception>
    /// <exception cref="MappingFailedException">The grown file cannot be mapped; the transaction can only be disposed.</exception>
    /// <exception cref="StoreFailedException">A write failed; the transaction can only be disposed.</exception>
    /// <exception cref="StoreDamagedException">A page on the way is damaged; the transaction can only be disposed.</exception>
    public void Put(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        ThrowIfNotPuttable(key, value);
        try
        {
            PutCopied(key, value);
        }
        catch (Exception exception)
        {
            _transaction.Break(exception);
            throw;
        }
    }

    /// <summary>
    /// Writes an entry behind all others, as <see cref="Put"/> does with a key above them, and refuses any other key: for loading sorted input,
    /// where a key out of order is a mistake of whoever sorted it.
    /// </summary>
    /// <param name="key">From 1 to <see cref="KeyBytesMaximum"/> bytes, above every key of the tree.</param>
    /// <param name="value">From 0 to <see cref="StoreLimits.ValueBytesMaximum"/> bytes.</param>
    /// <exception cref="ArgumentException">The key is not above the last one of the tree. Nothing has changed; the transaction can go on.</exception>
    /// <inheritdoc cref="Put" path="/exception"/>
    public void Append(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        ThrowIfNotPuttable(key, value);
        bool isAboveAll;
        try
        {
            isAboveAll = IsAboveAll(key);
            if (isAboveAll)
            {
                PutCopied(key, value);
            }
        }
        catch (Exception exception)
        {
            _transaction.Break(exception);
            throw;
        }

        if (!isAboveAll)
        {
            throw new ArgumentException("The key is not above the last key of the tree.", nameof(key));
        }
    }

    /// <summary>Removes an entry.</summary>
    /// <param name="key">The key.</param>
    /// <returns>Whether it was there.</returns>
    /// <exception cref="StoreDamagedException">A page on the way is damaged; the transaction can only be disposed.</exception>
    /// <exception cref="HarmonyDB.Storage.Files.DiskFullException">
    /// No space is left to copy the pages on the way; the transaction can only be disposed. See <see cref="StoreOptions.ReserveBytes"/>.
    /// </exception>
    /// <exception cref="StoreSizeLimitException">The same, because the file may not grow any more.</exception>
    public bool Delete(ReadOnlySpan<byte> key)
    {
        _transaction.ThrowIfNotWritable();
        try
        {
            return DeleteFound(key);
        }
        catch (Exception exception)
        {
            _transaction.Break(exception);
            throw;
        }
    }

    /// <summary>Removes all entries of a range. Takes time in proportion to its leaves, which are read and not written.</summary>
    /// <param name="start">First key of the range; empty to begin with the first there is.</param>
    /// <param name="end">First key after the range; empty to go to the end.</param>
    /// <returns>How many were removed.</returns>
    /// <exception cref="StoreDamagedException">A page of the range is damaged; the transaction can only be disposed.</exception>
    /// <exception cref="HarmonyDB.Storage.Files.DiskFullException">
    /// No space is left to copy the pages on the way; the transaction can only be disposed. See <see cref="StoreOptions.ReserveBytes"/>.
    /// </exception>
    /// <exception cref="StoreSizeLimitException">The same, because the file may not grow any more.</exception>
    public long DeleteRange(ReadOnlySpan<byte> start, ReadOnlySpan<byte> end)
    {
        _transaction.ThrowIfNotWritable();
        try
        {
            // The caller's spans may lie in pages that change.
            return DeleteCopiedRange(start, end.ToArray());
        }
        catch (Exception exception)
        {
            _transaction.Break(exception);
            throw;
        }
    }

    /// <summary>Opens a cursor over the tree as the transaction sees it. It stays right while the tree changes under it (B10, B12).</summary>
    public Cursor OpenCursor()
    {
        _transaction.ThrowIfEnded();
        return new Cursor(this);
    }

    /// <summary>Enumerates a range of keys in ascending order.</summary>
    /// <param name="start">First key of the range; empty to begin with the first there is.</param>
    /// <param name="end">First key after the range; empty to go to the end.</param>
    public KeyRange Range(ReadOnlySpan<byte> start, ReadOnlySpan<byte> end) => new(OpenCursor(), start, end, isDescending: false);

    /// <summary>Enumerates the same range in descending order.</summary>
    /// <param name="start">Last key to come; empty to go to the first there is.</param>
    /// <param name="end">The key before which to begin; empty to begin with the last there is.</param>
    public KeyRange RangeDescending(ReadOnlySpan<byte> start, ReadOnlySpan<byte> end) => new(OpenCursor(), start, end, isDescending: true);

    /// <summary>Enumerates the keys that begin with a prefix in ascending order.</summary>
    /// <param name="prefix">The prefix; empty for all keys.</param>
    public KeyRange Prefix(ReadOnlySpan<byte> prefix) => new(OpenCursor(), prefix, isDescending: false);

    /// <summary>Enumerates the keys that begin with a prefix in descending order.</summary>
    /// <param name="prefix">The prefix; empty for all keys.</param>
    public KeyRange PrefixDescending(ReadOnlySpan<byte> prefix) => new(OpenCursor(), prefix, isDescending: true);

    /// <summary>Counts the keys of a range. Takes time in proportion to its leaves, not to its keys.</summary>
    /// <param name="start">First key of the range; empty to begin with the first there is.</param>
    /// <param name="end">First key after the range; empty to go to the end.</param>
    /// <exception cref="StoreDamagedException">A page of the range is damaged.</exception>
    public long CountRange(scoped ReadOnlySpan<byte> start, scoped ReadOnlySpan<byte> end)
    {
        using Cursor cursor = OpenCursor();
        return cursor.CountTo(start, end);
    }

    /// <summary>Makes the leaf of a key, and every page above it, this transaction's own, without changing an entry.</summary>
    /// <returns>The leaf.</returns>
    internal ulong CopyPath(ReadOnlySpan<byte> key)
    {
        Prepare();
        NoteChange();
        DescendWritable(key);
        return _path.PageId(_path.Depth - 1);
    }

    internal void ThrowIfTransactionEnded() => _transaction.ThrowIfEnded();

    internal void ThrowIfKeyInvalid(ReadOnlySpan<byte> key)
    {
        ArgumentOutOfRangeException.ThrowIfZero(key.Length, nameof(key));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(key.Length, KeyBytesMaximum, nameof(key));
    }

    private void ThrowIfNotPuttable(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        _transaction.ThrowIfNotWritable();
        ThrowIfKeyInvalid(key);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value.Length, StoreLimits.ValueBytesMaximum, nameof(value));
        _pages.KeepsReserve |= Name.Length > 0;
    }

    private bool IsAboveAll(ReadOnlySpan<byte> key)
    {
        if (Root == 0)
        {
            return true;
        }

        if (_endVersion == Version)
        {
            return IsBehindLast(_pages.Edit(_path.PageId(_path.Depth - 1)).Node, key);
        }

        NodePage node = _pages.GetNode(Root, PageSource.AnyLevel);
        for (int level = node.Level; level > 0; level--)
        {
            node = _pages.GetNode(node.Child(node.Count - 1), level - 1);
        }

        return IsBehindLast(node, key);
    }

    private static bool IsBehindLast(NodePage leaf, ReadOnlySpan<byte> key) => leaf.LowerBound(key, Math.Max(0, leaf.Count - 1), out _) == leaf.Count;

    /// <summary>Whether the path, left at the end of the tree by the change before this one, is also the path of a key.</summary>
    private bool TryStayAtEnd(ReadOnlySpan<byte> key)
    {
        if (_endVersion != Version)
        {
            return false;
        }

        int last = _path.Depth - 1;
        NodePage leaf = _pages.Edit(_path.PageId(last)).Node;
        if (!IsBehindLast(leaf, key))
        {
            return false;
        }

        _path.SetIndex(last, leaf.Count);
        _isAtEnd = true;
        return true;
    }

    private void PutCopied(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        // The caller's spans may lie in pages that the insert moves.
        key.CopyTo(_input);
        Span<byte> payload = _input.AsSpan(key.Length);
        key = _input.AsSpan(0, key.Length);
        uint header = (uint)value.Length;
        int inlineBytes = NodePage.LeafSlotBytes + NodePage.LeafCellBytes + key.Length + value.Length;
        if (inlineBytes <= StoreLimits.InlineCellBytesMaximum(_pages.PageSizeBytes) || value.Length <= ReferenceBytes)
        {
            value.CopyTo(payload);
            payload = payload[..value.Length];
        }
        else
        {
            header |= NodePage.OverflowFlag;
            BitConverter.TryWriteBytes(payload, value.Length);
            _pages.WriteOverflow(value).Write(payload[sizeof(uint)..]);
            payload = payload[..ReferenceBytes];
        }

        Prepare();
        if (Root == 0)
        {
            Root = _pages.AllocateRoot(level: 0);
        }

        bool found = !TryStayAtEnd(key) && DescendWritable(key);
        NoteChange();
        ulong leafId = _path.PageId(_path.Depth - 1);
        int index = _path.Index(_path.Depth - 1);
        if (found)
        {
            NodeEditor leaf = _pages.Edit(leafId);
            SubtreeRemover.FreeValue(_pages, leaf.Node, index);
            if (leaf.TryOverwrite(index, header, payload))
            {
                return;
            }

            leaf.Remove(index);
        }

        Root = NodeSplitter.Insert(_pages, _path, key, header, payload);
        EntryCount += found ? 0 : 1;
        if (_isAtEnd && _pages.Edit(leafId).Node.Count == index + 1)
        {
            // No split: the path still ends in the last leaf.
            _endVersion = Version;
        }
    }

    private bool DeleteFound(ReadOnlySpan<byte> key)
    {
        if (!_pages.TryFind(Root, key, out _, out _))
        {
            return false;
        }

        key.CopyTo(_input);
        Prepare();
        NoteChange();
        DescendWritable(_input.AsSpan(0, key.Length));
        int last = _path.Depth - 1;
        NodeEditor leaf = _pages.Edit(_path.PageId(last));
        SubtreeRemover.FreeValue(_pages, leaf.Node, _path.Index(last));
        leaf.Remove(_path.Index(last));
        EntryCount--;
        Root = NodeMerger.Rebalance(_pages, _path);
        return true;
    }

    private long DeleteCopiedRange(ReadOnlySpan<byte> start, byte[] end)
    {
        long before = EntryCount;
        using Cursor cursor = OpenCursor();
        bool isOnEntry = start.IsEmpty ? cursor.SeekFirst() : cursor.SeekCeiling(start);
        if (!isOnEntry || IsAtOrAbove(cursor.Key, end))
        {
            return 0;
        }

        byte[] first = cursor.Key.ToArray();
        Prepare();
        NoteChange();
        Root = SubtreeRemover.Remove(_pages, Root, first, end, out long removed);
        EntryCount -= removed;
        for (isOnEntry = cursor.SeekCeiling(first); isOnEntry && !IsAtOrAbove(cursor.Key, end); isOnEntry = cursor.Next())
        {
            DeleteInLeaf(cursor.Key, end);
        }

        if (removed > 0)
        {
            MendBranches(first);
            if (end.Length > 0)
            {
                MendBranches(end);
            }
        }

        return before - EntryCount;
    }

    private static bool IsAtOrAbove(ReadOnlySpan<byte> key, ReadOnlySpan<byte> end) => !end.IsEmpty && key.SequenceCompareTo(end) >= 0;

    /// <summary>Merges nodes on the way to a key, one end of a range whose subtrees were taken out.</summary>
    private void MendBranches(ReadOnlySpan<byte> key)
    {
        if (Root != 0)
        {
            Prepare();
            DescendWritable(key);
            Root = NodeMerger.RebalanceWholePath(_pages, _path);
        }
    }

    /// <summary>Removes the entries from an existing key to the end of its leaf, or of the range.</summary>
    private void DeleteInLeaf(ReadOnlySpan<byte> key, ReadOnlySpan<byte> end)
    {
        Prepare();
        NoteChange();
        DescendWritable(key);
        int last = _path.Depth - 1;
        int from = _path.Index(last);
        NodeEditor leaf = _pages.Edit(_path.PageId(last));
        int to = end.IsEmpty ? leaf.Node.Count : leaf.Node.LowerBound(end, from, out _);
        for (int i = to - 1; i >= from; i--)
        {
            SubtreeRemover.FreeValue(_pages, leaf.Node, i);
            leaf.Remove(i);
        }

        EntryCount -= to - from;
        Root = NodeMerger.Rebalance(_pages, _path);
    }

    private void Prepare() => _pages.Prepare(Root == 0 ? 0 : _pages.GetNode(Root, PageSource.AnyLevel).Level + 1);

    private void NoteChange()
    {
        Version++;
        HasChanged = true;
    }

    /// <summary>Descends to the leaf of a key and makes every page on the way this transaction's own.</summary>
    private bool DescendWritable(ReadOnlySpan<byte> key)
    {
        _path.Clear();
        _isAtEnd = true;
        NodeEditor editor = _pages.EditWritableRoot(Root);
        ulong pageId = editor.Node.Id;
        Root = pageId;
        for (int level = editor.Node.Level; level > 0; level--)
        {
            int index = editor.Node.ChildIndex(key);
            _isAtEnd &= index == editor.Node.Count - 1;
            ulong child = editor.Node.Child(index);
            _pages.Prefetch(child);
            NodeEditor writable = _pages.EditWritable(child, level - 1);
            _path.Push(pageId, index);
            pageId = writable.Node.Id;
            if (pageId != child)
            {
                editor.SetChild(index, pageId);
            }

            editor = writable;
        }

        int slot = editor.Node.LowerBound(key, 0, out bool found);
        _isAtEnd &= slot == editor.Node.Count;
        _path.Push(pageId, slot);
        return found;
    }
}
