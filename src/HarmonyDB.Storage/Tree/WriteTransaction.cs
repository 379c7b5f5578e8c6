using System.Diagnostics;
using HarmonyDB.Storage.Files;

namespace HarmonyDB.Storage.Tree;

/// <summary>The one open write transaction of a store. Readers see nothing of it before <see cref="Commit"/>.</summary>
/// <remarks>Not safe for several threads at once. Changed pages are kept in memory until the commit; large values go to the file at once.</remarks>
public sealed class WriteTransaction : IDisposable
{
    private readonly Store _store;
    private readonly Snapshot _base;
    private readonly UncommittedPages _pages;
    private readonly TreeWriter _treeOfTrees;
    private readonly List<TreeWriter> _trees = [];
    private ulong _mark;
    private bool _isEnded;
    private Exception? _broken;

    internal WriteTransaction(Store store, Snapshot state, UncommittedPages pages)
    {
        _store = store;
        _base = state;
        _pages = pages;
        _treeOfTrees = new TreeWriter(this, pages, [], state.Root, (long)state.TreeCount);
        _mark = state.Mark;
    }

    /// <summary>The application's mark, stored with the commit: HarmonyDB keeps the index of the last applied log entry here.</summary>
    /// <exception cref="ObjectDisposedException">The transaction has ended.</exception>
    public ulong Mark
    {
        get
        {
            ThrowIfEnded();
            return _mark;
        }

        set
        {
            ThrowIfEnded();
            _mark = value;
        }
    }

    internal TreeWriter TreeOfTrees => _treeOfTrees;

    internal UncommittedPages Pages => _pages;

    /// <summary>Opens a named tree, creating it if it is missing. The same name gives the same object.</summary>
    /// <param name="name">From 1 byte to the longest key.</param>
    /// <exception cref="ObjectDisposedException">The transaction has ended.</exception>
    /// <exception cref="StoreDamagedException">A page on the way is damaged.</exception>
    public TreeWriter OpenTree(ReadOnlySpan<byte> name)
    {
        ThrowIfNotWritable();
        _treeOfTrees.ThrowIfKeyInvalid(name);
        foreach (TreeWriter open in _trees)
        {
            if (name.SequenceEqual(open.Name))
            {
                return open;
            }
        }

        TreeRecord record = default;
        bool exists = _pages.TryFind(_treeOfTrees.Root, name, out NodePage leaf, out int index);
        if (exists)
        {
            record = TreeRecord.Read(_store.Path, leaf, _pages.GetValue(leaf, index));
        }

        var tree = new TreeWriter(this, _pages, name.ToArray(), record.Root, record.Count) { HasChanged = !exists };
        _trees.Add(tree);
        return tree;
    }

    /// <summary>Makes the changes visible to new readers, all or nothing, and ends the transaction whatever happens.</summary>
    /// <param name="durability">When they survive power loss.</param>
    /// <exception cref="DiskFullException">No space is left. Nothing has changed and the store stays usable.</exception>
    /// <exception cref="StoreSizeLimitException">The store's own limit is reached. Nothing has changed and the store stays usable.</exception>
    /// <exception cref="MappingFailedException">The grown file cannot be mapped. Nothing has changed and the store stays usable.</exception>
    /// <exception cref="StoreFailedException">A write or flush failed. Whether a flushed commit is durable is known only after reopening.</exception>
    /// <exception cref="InvalidOperationException">An earlier operation of this transaction failed (B27).</exception>
    /// <exception cref="ObjectDisposedException">The transaction has ended.</exception>
    public void Commit(Durability durability)
    {
        ThrowIfNotWritable();
        _store.ThrowIfFailed();
        bool isCommitted = false;
        try
        {
            WriteTreeRecords();
            _pages.ReleaseSetAside();
            _store.WriteBack();
            Snapshot state = _store.CreateSnapshot(_base, _treeOfTrees, Mark);
            if (durability == Durability.Flushed)
            {
                _store.PublishFlushed(state, _base, _pages);
            }
            else
            {
                _store.PublishDeferred(state, _pages);
            }

            isCommitted = true;
        }
        catch (Exception exception)
        {
            Break(exception);
            throw;
        }
        finally
        {
            End(isCommitted);
        }
    }

    /// <summary>Gives the changes up if they were not committed: the store is exactly as before.</summary>
    public void Dispose()
    {
        if (!_isEnded)
        {
            End(isCommitted: false);
        }
    }

    internal void ThrowIfEnded() => ObjectDisposedException.ThrowIf(_isEnded, this);

    internal void ThrowIfNotWritable()
    {
        ThrowIfEnded();
        if (_broken is not null)
        {
            throw new InvalidOperationException("An earlier operation of this transaction failed; it can only be disposed.", _broken);
        }
    }

    /// <summary>Notes that the transaction is broken half way.</summary>
    /// <exception cref="StoreFailedException">The reason is a failed write, so the store has failed with it.</exception>
    internal void Break(Exception exception)
    {
        _broken ??= exception;
        _store.Latch(exception);
    }

    private void WriteTreeRecords()
    {
        Span<byte> record = stackalloc byte[TreeRecord.SizeBytes];
        foreach (TreeWriter tree in _trees)
        {
            if (tree.HasChanged)
            {
                new TreeRecord(tree.Root, tree.EntryCount).Write(record);
                _treeOfTrees.Put(tree.Name, record);
                tree.HasChanged = false;
            }
        }
    }

    private void End(bool isCommitted)
    {
        Debug.Assert(!_isEnded, "A transaction ends once.");
        _isEnded = true;
        if (!isCommitted)
        {
            _pages.Abort();
        }

        _pages.Dispose();
        _store.OnWriterEnded();
    }
}
