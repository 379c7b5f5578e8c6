namespace HarmonyDB.Storage.Tree;

/// <summary>The entries of a range of keys in ascending order, for <c>foreach</c>. Enumerate it once.</summary>
public ref struct KeyRange
{
    private readonly ReadOnlySpan<byte> _start;
    private readonly ReadOnlySpan<byte> _end;
    private Cursor _cursor;
    private bool _isStarted;

    internal KeyRange(Cursor cursor, ReadOnlySpan<byte> start, ReadOnlySpan<byte> end)
    {
        _cursor = cursor;
        _start = start;
        _end = end;
    }

    /// <summary>The entry the enumeration is on.</summary>
    public Entry Current => new(_cursor.Key, _cursor.Value);

    /// <summary>Returns the range itself.</summary>
    public readonly KeyRange GetEnumerator() => this;

    /// <summary>Moves to the next entry.</summary>
    /// <returns>False at the end of the range.</returns>
    public bool MoveNext()
    {
        bool isOnEntry = _isStarted ? _cursor.Next() : _start.IsEmpty ? _cursor.SeekFirst() : _cursor.SeekCeiling(_start);
        _isStarted = true;
        return isOnEntry && (_end.IsEmpty || _cursor.Key.SequenceCompareTo(_end) < 0);
    }

    /// <summary>Gives the cursor's buffer back.</summary>
    public void Dispose() => _cursor.Dispose();

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
