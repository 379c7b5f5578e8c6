namespace HarmonyDB.Storage.Tree;

/// <summary>A named tree within a read transaction.</summary>
/// <remarks>Allocates nothing. Keys and values are spans of the mapped file, valid until the transaction is disposed.</remarks>
public readonly struct TreeReader
{
    private readonly ReadTransaction _transaction;
    private readonly long _generation;
    private readonly ulong _root;
    private readonly long _count;

    internal TreeReader(ReadTransaction transaction, ulong root, long count)
    {
        _transaction = transaction;
        _generation = transaction.Generation & ~1L;
        _root = root;
        _count = count;
    }

    /// <summary>Number of entries.</summary>
    /// <exception cref="ObjectDisposedException">The transaction was disposed.</exception>
    public long Count
    {
        get
        {
            ThrowIfEnded();
            return _count;
        }
    }

    internal ulong Root => _root;

    internal PageSource Pages => _transaction.Pages;

    /// <summary>Reads a value.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value, valid until the transaction is disposed; empty if there is none.</param>
    /// <returns>Whether the key is there; an empty value is a value (B35).</returns>
    /// <exception cref="ReaderOustedException">The transaction was ousted.</exception>
    /// <exception cref="ObjectDisposedException">The transaction was disposed.</exception>
    /// <exception cref="StoreDamagedException">A page on the way is damaged.</exception>
    public bool TryGet(scoped ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value)
    {
        ThrowIfEnded();
        CommittedPages pages = _transaction.Pages;
        if (!pages.TryFind(_root, key, out NodePage leaf, out int index))
        {
            value = default;
            return false;
        }

        value = pages.GetValue(leaf, index);
        return true;
    }

    /// <summary>Reads the values of many keys, which takes a fraction of the time of reading them one by one. Allocates nothing.</summary>
    /// <param name="keys">The keys, in any order.</param>
    /// <param name="values">At least as many; receives what <see cref="ValueOf"/> makes a value, valid until the transaction is disposed.</param>
    /// <returns>How many of the keys are there.</returns>
    /// <exception cref="ArgumentException">There are fewer values than keys.</exception>
    /// <exception cref="ObjectDisposedException">The transaction was disposed.</exception>
    /// <exception cref="StoreDamagedException">A page on the way is damaged.</exception>
    public int GetMany(ReadOnlySpan<ReadOnlyMemory<byte>> keys, Span<ValueReference> values)
    {
        ThrowIfEnded();
        ThrowIfTooShort(values.Length, keys.Length);
        return BatchLookup.Find(_transaction.Pages, _root, new BatchLookup.SeparateKeys(keys), values);
    }

    /// <summary>Reads the values of many keys of equal length.</summary>
    /// <param name="keys">The keys, one behind the other, in any order.</param>
    /// <param name="keyBytes">Length of each.</param>
    /// <param name="values">At least as many as there are keys; receives what <see cref="ValueOf"/> makes a value.</param>
    /// <returns>How many of the keys are there.</returns>
    /// <exception cref="ArgumentException">The keys are not a multiple of the length, or there are fewer values than keys.</exception>
    /// <exception cref="ObjectDisposedException">The transaction was disposed.</exception>
    /// <exception cref="StoreDamagedException">A page on the way is damaged.</exception>
    public int GetMany(ReadOnlySpan<byte> keys, int keyBytes, Span<ValueReference> values)
    {
        ThrowIfEnded();
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(keyBytes);
        if (keys.Length % keyBytes != 0)
        {
            throw new ArgumentException($"{keys.Length} bytes are not a whole number of keys of {keyBytes}.", nameof(keys));
        }

        ThrowIfTooShort(values.Length, keys.Length / keyBytes);
        return BatchLookup.Find(_transaction.Pages, _root, new BatchLookup.PackedKeys(keys, keyBytes), values);
    }

    /// <summary>The value that a lookup of many keys found.</summary>
    /// <param name="value">What this reader's <c>GetMany</c> stored.</param>
    /// <returns>The value, valid until the transaction is disposed; empty if there is none.</returns>
    /// <exception cref="ObjectDisposedException">The transaction was disposed.</exception>
    public ReadOnlySpan<byte> ValueOf(ValueReference value)
    {
        ThrowIfEnded();
        return value.Span;
    }

    /// <summary>Opens a cursor, not yet on an entry.</summary>
    /// <exception cref="ObjectDisposedException">The transaction was disposed.</exception>
    public Cursor OpenCursor()
    {
        ThrowIfEnded();
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

    internal void ThrowIfEnded()
    {
        if (_transaction is null || _transaction.Generation != _generation)
        {
            ThrowEnded();
        }
    }

    [System.Diagnostics.CodeAnalysis.DoesNotReturn]
    private void ThrowEnded()
    {
        _transaction?.ThrowEnded(_generation);
        throw new ObjectDisposedException(nameof(ReadTransaction));
    }

    private static void ThrowIfTooShort(int values, int keys)
    {
        if (values < keys)
        {
            throw new ArgumentException($"There is room for {values} values, and there are {keys} keys.", nameof(values));
        }
    }
}
