using System.Buffers;
using System.Runtime.CompilerServices;

namespace HarmonyDB.Storage.Tree;

/// <summary>
/// A place in a tree that moves in key order, both ways. Over a write transaction it may be used while the tree changes: it goes on from
/// the key it was on, whether that is still there or not (B10, B11, B12).
/// </summary>
/// <remarks>Dispose it to give its key buffer back; that it is not disposed costs an allocation, nothing else.</remarks>
public unsafe ref struct Cursor
{
    private const string BrokenMessage = "An earlier move of the cursor met damage. Seek before moving on.";

    private readonly PageSource _pages;
    private readonly TreeWriter? _writer;
    private readonly TreeReader _reader;
    private Frames _frames;
    private int _depth;
    private Place _place;
    private long _version;
    private byte[]? _keyBuffer;
    private int _keyBytes;
    private bool _keyIsBuffered;

    internal Cursor(TreeReader reader)
    {
        _reader = reader;
        _pages = reader.Pages;
    }

    internal Cursor(TreeWriter writer)
    {
        _writer = writer;
        _pages = writer.Pages;
    }

    private enum Place
    {
        Nowhere,
        OnEntry,
        BeforeFirst,
        AfterLast,

        /// <summary>A move met damage half way. Where the cursor is, is not known; only a seek places it again (B26).</summary>
        Broken,
    }

    /// <summary>Whether the cursor is on an entry, so that it has a key and a value.</summary>
    public readonly bool IsOnEntry => _place == Place.OnEntry;

    /// <summary>The key the cursor is on, valid until the cursor moves.</summary>
    /// <exception cref="InvalidOperationException">The cursor is not on an entry.</exception>
    public ReadOnlySpan<byte> Key
    {
        get
        {
            ThrowIfNotOnEntry();
            if (_keyIsBuffered)
            {
                return _keyBuffer.AsSpan(0, _keyBytes);
            }

            BufferKey();
            return _keyBuffer.AsSpan(0, _keyBytes);
        }
    }

    /// <summary>The value the cursor is on, valid until the read transaction is disposed, or the next change in the write transaction.</summary>
    /// <exception cref="InvalidOperationException">The cursor is not on an entry, or the entry was deleted meanwhile.</exception>
    /// <exception cref="StoreDamagedException">The value is damaged.</exception>
    public ReadOnlySpan<byte> Value
    {
        get
        {
            ThrowIfNotOnEntry();
            if (!IsStale)
            {
                return _pages.GetValue(Leaf, Top.Index);
            }

            return _pages.TryFind(Root, _keyBuffer.AsSpan(0, _keyBytes), out NodePage leaf, out int index)
                ? _pages.GetValue(leaf, index)
                : throw new InvalidOperationException("The entry under the cursor was deleted. Move the cursor first.");
        }
    }

    internal readonly bool IsOverWriter => _writer is not null;

    private readonly ulong Root => _writer?.Root ?? _reader.Root;

    private readonly bool IsStale => _writer is not null && _version != _writer.Version;

    private readonly NodePage Leaf => new((byte*)Top.Page, _pages.PageSizeBytes);

    private readonly Frame Top => _frames[_depth - 1];

    /// <summary>Moves to the first entry.</summary>
    /// <returns>False if the tree is empty.</returns>
    public bool SeekFirst()
    {
        ThrowIfEnded();
        Start();
        if (Root == 0)
        {
            return Leave(Place.AfterLast);
        }

        return PushEdge(_pages.GetNode(Root, PageSource.AnyLevel), isRight: false) ? Settle() : ClimbForward();
    }

    /// <summary>Moves to the last entry.</summary>
    /// <returns>False if the tree is empty.</returns>
    public bool SeekLast()
    {
        ThrowIfEnded();
        Start();
        if (Root == 0)
        {
            return Leave(Place.BeforeFirst);
        }

        return PushEdge(_pages.GetNode(Root, PageSource.AnyLevel), isRight: true) ? Settle() : ClimbBack();
    }

    /// <summary>Moves to a key.</summary>
    /// <returns>Whether it is there; if not, the cursor is on no entry.</returns>
    public bool SeekExact(scoped ReadOnlySpan<byte> key)
    {
        ThrowIfEnded();
        return SeekAtOrAfter(key, isExactOnly: true, out _);
    }

    /// <summary>Moves to the first key that is not below the given one.</summary>
    /// <returns>False if there is none.</returns>
    public bool SeekCeiling(scoped ReadOnlySpan<byte> key)
    {
        ThrowIfEnded();
        return SeekAtOrAfter(key, isExactOnly: false, out _);
    }

    /// <summary>Moves to the last key that is not above the given one.</summary>
    /// <returns>False if there is none.</returns>
    public bool SeekFloor(scoped ReadOnlySpan<byte> key)
    {
        ThrowIfEnded();
        if (SeekAtOrAfter(key, isExactOnly: false, out bool isExact))
        {
            return isExact || StepBack();
        }

        return SeekLast();
    }

    /// <summary>Moves to the following entry; to the first if the cursor has not been placed yet.</summary>
    /// <returns>False after the last one.</returns>
    /// <exception cref="StoreDamagedException">A page on the way is damaged.</exception>
    /// <exception cref="InvalidOperationException">An earlier move met damage, and the cursor was not placed again since.</exception>
    public bool Next()
    {
        ThrowIfEnded();
        switch (_place)
        {
            case Place.Nowhere:
            case Place.BeforeFirst:
                return SeekFirst();
            case Place.AfterLast:
                return false;
            case Place.Broken:
                throw new InvalidOperationException(BrokenMessage);
        }

        if (!IsStale)
        {
            return StepForward();
        }

        bool isOnEntry = SeekAtOrAfter(_keyBuffer.AsSpan(0, _keyBytes), isExactOnly: false, out bool isExact);
        return isOnEntry && (!isExact || StepForward());
    }

    /// <summary>Moves to the preceding entry; to the last if the cursor has not been placed yet.</summary>
    /// <returns>False before the first one.</returns>
    /// <exception cref="StoreDamagedException">A page on the way is damaged.</exception>
    /// <exception cref="InvalidOperationException">An earlier move met damage, and the cursor was not placed again since.</exception>
    public bool Previous()
    {
        ThrowIfEnded();
        switch (_place)
        {
            case Place.Nowhere:
            case Place.AfterLast:
                return SeekLast();
            case Place.BeforeFirst:
                return false;
            case Place.Broken:
                throw new InvalidOperationException(BrokenMessage);
        }

        if (!IsStale || SeekAtOrAfter(_keyBuffer.AsSpan(0, _keyBytes), isExactOnly: false, out _))
        {
            return StepBack();
        }

        return SeekLast();
    }

    /// <summary>Gives the key buffer back. The cursor is on no entry then.</summary>
    public void Dispose()
    {
        if (_keyBuffer is not null)
        {
            ArrayPool<byte>.Shared.Return(_keyBuffer);
            _keyBuffer = null;
        }

        _place = Place.Nowhere;
    }

    /// <summary>The key of a slot of the leaf the cursor is in; the prefix is already in the buffer.</summary>
    internal readonly ReadOnlySpan<byte> KeyAt(int index)
    {
        NodePage leaf = Leaf;
        int prefixBytes = leaf.PrefixBytes;
        return _keyBuffer.AsSpan(0, prefixBytes + leaf.CopySuffix(index, _keyBuffer.AsSpan(prefixBytes)));
    }

    internal readonly ReadOnlySpan<byte> ValueAt(int index) => _pages.GetValue(Leaf, index);

    /// <summary>The slots from the one the cursor is on to the end of a range.</summary>
    /// <param name="bound">End of the range: exclusive going forward, inclusive going back; empty if there is none.</param>
    /// <param name="isDescending">Whether to go back.</param>
    /// <param name="fetchesAhead">Whether to fetch the neighbouring leaf meanwhile.</param>
    internal LeafRun RunInLeaf(scoped ReadOnlySpan<byte> bound, bool isDescending, bool fetchesAhead)
    {
        NodePage leaf = Leaf;
        int first = Top.Index;
        int limit = bound.IsEmpty ? (isDescending ? 0 : leaf.Count) : leaf.LowerBound(bound, isDescending ? 0 : first, out _);
        _keyBuffer ??= ArrayPool<byte>.Shared.Rent(_pages.PageSizeBytes);
        leaf.Prefix.CopyTo(_keyBuffer);
        byte* next = fetchesAhead && _pages is CommittedPages pages && _depth > 1 ? Neighbour(pages, isDescending) : null;
        int count = Math.Max(0, isDescending ? first - limit + 1 : limit - first);
        bool endsRange = limit != (isDescending ? 0 : leaf.Count);
        return new LeafRun(first, count, isDescending, next, _pages.PageSizeBytes) { EndsRange = endsRange };
    }

    /// <summary>Moves to the nearest entry outside the leaf the cursor is in.</summary>
    internal bool LeaveLeaf(bool isDescending)
    {
        ThrowIfEnded();
        return _place == Place.OnEntry && (isDescending ? ClimbBack() : ClimbForward());
    }

    internal long CountTo(scoped ReadOnlySpan<byte> start, scoped ReadOnlySpan<byte> end)
    {
        long count = 0;
        bool isOnEntry = start.IsEmpty ? SeekFirst() : SeekCeiling(start);
        while (isOnEntry)
        {
            NodePage leaf = Leaf;
            int from = Top.Index;
            int to = end.IsEmpty ? leaf.Count : leaf.LowerBound(end, from, out _);
            count += to - from;
            isOnEntry = to == leaf.Count && LeaveLeaf(isDescending: false);
        }

        return count;
    }

    private readonly byte* Neighbour(CommittedPages pages, bool isDescending)
    {
        Frame parent = _frames[_depth - 2];
        var node = new NodePage((byte*)parent.Page, _pages.PageSizeBytes);
        int index = isDescending ? parent.Index - 1 : parent.Index + 1;
        return index >= 0 && index < node.Count ? pages.AddressForPrefetch(node.Child(index)) : null;
    }

    private bool SeekAtOrAfter(scoped ReadOnlySpan<byte> key, bool isExactOnly, out bool isExact)
    {
        Start();
        isExact = false;
        if (Root == 0)
        {
            return Leave(isExactOnly ? Place.Nowhere : Place.AfterLast);
        }

        NodePage node = _pages.GetNode(Root, PageSource.AnyLevel);
        for (int level = node.Level; level > 0; level--)
        {
            int child = node.ChildIndex(key);
            Push(node, child);
            node = _pages.GetNode(node.Child(child), level - 1);
        }

        int index = node.LowerBound(key, 0, out isExact);
        Push(node, index);
        if (isExactOnly && !isExact)
        {
            return Leave(Place.Nowhere);
        }

        return index < node.Count ? Settle() : ClimbForward();
    }

    private bool StepForward()
    {
        ref Frame top = ref _frames[_depth - 1];
        top.Index++;
        return top.Index < Leaf.Count ? Settle() : ClimbForward();
    }

    private bool StepBack()
    {
        ref Frame top = ref _frames[_depth - 1];
        top.Index--;
        return top.Index >= 0 ? Settle() : ClimbBack();
    }

    /// <summary>Goes up until there is a child to the right, then down its left edge; again if that leads to an empty leaf.</summary>
    private bool ClimbForward()
    {
        _place = Place.Broken;
        while (--_depth > 0)
        {
            ref Frame frame = ref _frames[_depth - 1];
            var node = new NodePage((byte*)frame.Page, _pages.PageSizeBytes);
            if (++frame.Index < node.Count && PushEdge(_pages.GetNode(node.Child(frame.Index), node.Level - 1), isRight: false))
            {
                return Settle();
            }
        }

        return Leave(Place.AfterLast);
    }

    private bool ClimbBack()
    {
        _place = Place.Broken;
        while (--_depth > 0)
        {
            ref Frame frame = ref _frames[_depth - 1];
            var node = new NodePage((byte*)frame.Page, _pages.PageSizeBytes);
            if (--frame.Index >= 0 && PushEdge(_pages.GetNode(node.Child(frame.Index), node.Level - 1), isRight: true))
            {
                return Settle();
            }
        }

        return Leave(Place.BeforeFirst);
    }

    /// <summary>Descends along one edge of a subtree.</summary>
    /// <returns>False if the leaf is empty: this writer leaves none behind, another may have (B11).</returns>
    private bool PushEdge(NodePage node, bool isRight)
    {
        for (int level = node.Level; level > 0; level--)
        {
            int index = isRight ? node.Count - 1 : 0;
            Push(node, index);
            node = _pages.GetNode(node.Child(index), level - 1);
        }

        Push(node, isRight ? node.Count - 1 : 0);
        return node.Count > 0;
    }

    private void Start()
    {
        _place = Place.Broken;
        _depth = 0;
        _keyIsBuffered &= _writer is not null;
        _version = _writer?.Version ?? 0;
    }

    private void Push(NodePage node, int index)
    {
        _frames[_depth] = new Frame { Page = (nint)node.Pointer, Index = index };
        _depth++;
    }

    /// <summary>The cursor has arrived on an entry. Over a changing tree the key is copied at once, for the page may not outlive it.</summary>
    private bool Settle()
    {
        _place = Place.OnEntry;
        _keyIsBuffered = false;
        if (_writer is not null)
        {
            BufferKey();
        }

        return true;
    }

    private bool Leave(Place place)
    {
        _place = place;
        _depth = 0;
        _keyIsBuffered = false;
        return false;
    }

    private void BufferKey()
    {
        NodePage leaf = Leaf;
        int index = Top.Index;
        _keyBuffer ??= ArrayPool<byte>.Shared.Rent(_pages.PageSizeBytes);
        _keyBytes = leaf.KeyBytes(index);
        leaf.CopyKey(index, _keyBuffer);
        _keyIsBuffered = true;
    }

    internal readonly void ThrowIfEnded()
    {
        if (_writer is not null)
        {
            _writer.ThrowIfTransactionEnded();
        }
        else
        {
            _reader.ThrowIfEnded();
        }
    }

    private readonly void ThrowIfNotOnEntry()
    {
        ThrowIfEnded();
        if (_place != Place.OnEntry)
        {
            throw new InvalidOperationException("The cursor is not on an entry.");
        }
    }

    private struct Frame
    {
        internal nint Page;
        internal int Index;
    }

    [InlineArray(StoreLimits.DepthMaximum)]
    private struct Frames
    {
        private Frame _first;
    }
}
