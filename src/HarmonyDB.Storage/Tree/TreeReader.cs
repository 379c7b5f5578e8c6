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
        _generation = transaction.Generation;
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
    public KeyRange Range(ReadOnlySpan<byte> start, ReadOnlySpan<byte> end) => new(OpenCursor(), start, end);

    internal void ThrowIfEnded()
    {
        ObjectDisposedException.ThrowIf(_transaction is null || _transaction.Generation != _generation, typeof(ReadTransaction));
    }
}
