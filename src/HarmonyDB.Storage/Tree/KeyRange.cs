using System.Buffers;

namespace HarmonyDB.Storage.Tree;

/// <summary>The entries of a range of keys, in ascending or descending order, for <c>foreach</c>. Enumerate it once, and dispose it (foreach does).</summary>
/// <remarks>Allocates nothing. Over a write transaction the tree may change meanwhile; the enumeration goes on from the key it was on.</remarks>
public ref struct KeyRange
{
    private readonly ReadOnlySpan<byte> _start;
    private readonly bool _isDescending;
    private readonly bool _isPrefix;
    private ReadOnlySpan<byte> _end;
    private byte[]? _rentedEnd;
    private Cursor _cursor;
    private LeafRun _run;
    private bool _isStarted;

    internal KeyRange(Cursor cursor, ReadOnlySpan<byte> start, ReadOnlySpan<byte> end, bool isDescending)
    {
        _cursor = cursor;
        _start = start;
        _end = end;
        _isDescending = isDescending;
    }

    /// <summary>All keys that begin with a prefix.</summary>
    internal KeyRange(Cursor cursor, ReadOnlySpan<byte> prefix, bool isDescending)
        : this(cursor, prefix, default, isDescending)
    {
        _isPrefix = true;
    }

    /// <summary>The entry the enumeration is on.</summary>
    /// <exception cref="ObjectDisposedException">The transaction has ended.</exception>
    public Entry Current
    {
        get
        {
            if (_cursor.IsOverWriter)
            {
                return new Entry(_cursor.Key, _cursor.Value);
            }

            // Whoever disposes the transaction between a step and this must not be led to pages that may be unmapped (B19).
            _cursor.ThrowIfEnded();
            return new Entry(_cursor.KeyAt(_run.Index), _cursor.ValueAt(_run.Index));
        }
    }

    /// <summary>Returns the range itself.</summary>
    public readonly KeyRange GetEnumerator() => this;

    /// <summary>Moves to the next entry.</summary>
    /// <returns>False at the end of the range.</returns>
    public bool MoveNext()
    {
        if (_run.TryStep())
        {
            _cursor.ThrowIfEnded();
            return true;
        }

        return _cursor.IsOverWriter ? MoveCursor() : MoveToNextRun();
    }

    /// <summary>Gives the buffers back.</summary>
    public void Dispose()
    {
        _run = default;
        _cursor.Dispose();
        if (_rentedEnd is not null)
        {
            ArrayPool<byte>.Shared.Return(_rentedEnd);
            _rentedEnd = null;
            _end = default;
        }
    }

    private bool MoveCursor()
    {
        if (!(_isStarted ? _isDescending ? _cursor.Previous() : _cursor.Next() : Start()))
        {
            return false;
        }

        return _isDescending
            ? _start.IsEmpty || _cursor.Key.SequenceCompareTo(_start) >= 0
            : _end.IsEmpty || _cursor.Key.SequenceCompareTo(_end) < 0;
    }

    private bool MoveToNextRun()
    {
        bool isFirst = !_isStarted;
        if (_run.EndsRange || !(_isStarted ? _cursor.LeaveLeaf(_isDescending) : Start()))
        {
            return false;
        }

        _run = _cursor.RunInLeaf(_isDescending ? _start : _end, _isDescending, fetchesAhead: !isFirst);
        return _run.TryStep();
    }

    private bool Start()
    {
        _isStarted = true;
        if (_isPrefix)
        {
            SetEndOfPrefix();
        }

        if (!_isDescending)
        {
            return _start.IsEmpty ? _cursor.SeekFirst() : _cursor.SeekCeiling(_start);
        }

        return !_end.IsEmpty && _cursor.SeekCeiling(_end) ? _cursor.Previous() : _cursor.SeekLast();
    }

    /// <summary>The shortest key above all that begin with the prefix; there is none if it is nothing but 0xFF.</summary>
    private void SetEndOfPrefix()
    {
        int length = _start.LastIndexOfAnyExcept((byte)0xFF) + 1;
        if (length > 0)
        {
            // Rented by the copy that enumerates, which is the one that is disposed.
            _rentedEnd = ArrayPool<byte>.Shared.Rent(length);
            _start[..length].CopyTo(_rentedEnd);
            _rentedEnd[length - 1]++;
            _end = _rentedEnd.AsSpan(0, length);
        }
    }

    /// <summary>A key with its value.</summary>
    public readonly ref struct Entry
    {
        internal Entry(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
        {
            Key = key;
            Value = value;
        }

        /// <summary>The key, valid until the enumeration moves on.</summary>
        public ReadOnlySpan<byte> Key { get; }

        /// <summary>The value, valid until the read transaction is disposed, or the next change in the write transaction.</summary>
        public ReadOnlySpan<byte> Value { get; }
    }
}
