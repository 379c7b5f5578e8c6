using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Tree;

namespace HarmonyDB.Storage.Tools;

/// <summary>Copies whatever can be read of a damaged store file into a new store, and says what was lost.</summary>
/// <remarks>
/// The state that the newest valid meta page names is copied as far as its pages are sound. Keys in a range that is not readable are filled
/// in from older versions of the same tree that are still in the file, the newest first: from older states of the store that can be told by
/// their trees of trees, and, if the store has a single tree, from any sound leaf. With no meta page the newest state that is whole is
/// taken; a transaction that was written but never committed can be such a state. With no tree of trees either, all records go into one
/// tree, the newest version of each key.
/// <para>So what comes from older versions may have been deleted or changed since, and a file whose values imitate pages of a store can
/// mislead the search; the salvaged state itself never contains a record that its pages did not prove by checksum.</para>
/// </remarks>
public sealed class StoreSalvage
{
    /// <summary>Most lost ranges of a tree that are listed.</summary>
    public const int LostRangesMaximum = 1000;

    private const long BatchBytes = 8 << 20;

    private readonly SalvageSource _source;
    private readonly Store _target;
    private readonly CancellationToken _cancellation;
    private readonly Action<CheckProgress>? _progress;
    private long _pagesDone;

    private StoreSalvage(SalvageSource source, Store target, Action<CheckProgress>? progress, CancellationToken cancellation)
    {
        _source = source;
        _target = target;
        _progress = progress;
        _cancellation = cancellation;
    }

    /// <summary>The tree that takes the records whose tree cannot be told.</summary>
    public static ReadOnlySpan<byte> UnnamedTree => "salvaged"u8;

    /// <summary>Salvages a file. The source is only read.</summary>
    /// <param name="sourcePath">The damaged file. It must not be open for writing elsewhere; whoever calls this holds its lock.</param>
    /// <param name="targetPath">The store to create; durable when this returns, and not to be used if it throws.</param>
    /// <param name="disk">The disk both live on.</param>
    /// <param name="progress">Told from time to time how far the work is, on the calling thread.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>What was copied and what was lost.</returns>
    /// <exception cref="StoreDamagedException">Not a single page of a store can be told in the file.</exception>
    /// <exception cref="IOException">The target exists already, or cannot be written.</exception>
    /// <exception cref="FileNotFoundException">There is no such source.</exception>
    /// <exception cref="NotSupportedException">The file has a format version that this code does not know.</exception>
    public static SalvageReport Run(
        string sourcePath, string targetPath, Disk disk, Action<CheckProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(targetPath);
        ArgumentNullException.ThrowIfNull(disk);
        if (disk.FileExists(targetPath))
        {
            throw new IOException($"'{targetPath}' exists already; salvage writes a new file.");
        }

        using SalvageSource source = SalvageSource.TryOpen(sourcePath, disk)
            ?? throw new StoreDamagedException(sourcePath, new PageId(0), "no page of a store can be told in this file");
        var options = new StoreOptions { Disk = disk, PageSizeBytes = source.PageSizeBytes, StoreId = source.Meta?.StoreId ?? Guid.Empty };
        using var target = Store.Open(targetPath, options);
        return new StoreSalvage(source, target, progress, cancellationToken).Run();
    }

    private SalvageReport Run()
    {
        SalvageTrees trees = SalvageTrees.Find(_source, _progress, _cancellation);
        SalvageTrees.State? state = trees.States.Count > 0 ? trees.States[0] : null;
        var salvaged = new List<SalvagedTree>();
        foreach (byte[] name in NamesOf(trees.States))
        {
            salvaged.Add(CopyTree(name, trees));
        }

        if (salvaged.Count == 0 && trees.Leaves.Count > 0)
        {
            salvaged.Add(CopyUnnamed(trees.Leaves));
        }

        using (WriteTransaction transaction = _target.BeginWrite())
        {
            transaction.Mark = _source.Meta?.Mark ?? 0;
            transaction.Commit(Durability.Flushed);
        }

        return new SalvageReport
        {
            HasMeta = trees.HasMeta,
            TxId = new TxId(state?.TxId ?? 0),
            Mark = _source.Meta?.Mark ?? 0,
            PageSizeBytes = _source.PageSizeBytes,
            Trees = salvaged,
            TreesMayBeMissing = state is not { IsComplete: true },
        };
    }

    private static IEnumerable<byte[]> NamesOf(List<SalvageTrees.State> states)
    {
        // A readable tree of trees is believed; with a hole in it, older ones tell what names may have been there.
        IEnumerable<SalvageTrees.State> believed = states.Count > 0 && states[0].IsComplete ? states.Take(1) : states;
        var names = new SortedSet<byte[]>(Comparer<byte[]>.Create(static (a, b) => a.AsSpan().SequenceCompareTo(b)));
        foreach (SalvageTrees.State state in believed)
        {
            names.UnionWith(state.Trees.Keys);
        }

        return names;
    }

    private SalvagedTree CopyTree(byte[] name, SalvageTrees trees)
    {
        SalvageTrees.State newest = trees.States[0];
        bool isInNewest = newest.Trees.TryGetValue(name, out TreeRecord record);
        List<LostRange> lost = [new LostRange(null, null)];
        SalvageWalk? walk = isInNewest ? SalvageWalk.Run(_source, record.Root, newest.TxId) : null;
        long copied = 0;
        if (walk is not null)
        {
            lost = walk.Lost;
            var unreadable = new List<LostRange>();
            copied = CopyLeaves(name, walk.Leaves, within: null, unreadable);
            lost = [.. lost.Concat(unreadable).Order(Comparer<LostRange>.Create(static (a, b) => a.From.AsSpan().SequenceCompareTo(b.From)))];
        }

        long older = 0;
        if (lost.Count > 0)
        {
            HashSet<ulong> leaves = OlderLeaves(name, trees);
            leaves.ExceptWith(walk?.Leaves ?? []);
            older = CopyLeaves(name, OldestFirst(leaves), lost, unreadable: null);
        }

        return new SalvagedTree
        {
            Name = name,
            ExpectedRecords = isInNewest ? record.Count : null,
            CopiedRecords = copied,
            OlderRecords = older,
            LostRanges = [.. lost.Take(LostRangesMaximum)],
        };
    }

    private SalvagedTree CopyUnnamed(List<ulong> leaves)
    {
        LostRange[] everything = [new LostRange(null, null)];
        return new SalvagedTree
        {
            Name = UnnamedTree.ToArray(),
            ExpectedRecords = null,
            CopiedRecords = 0,
            OlderRecords = CopyLeaves(UnnamedTree.ToArray(), OldestFirst(leaves), everything, unreadable: null),
            LostRanges = everything,
        };
    }

    private HashSet<ulong> OlderLeaves(byte[] name, SalvageTrees trees)
    {
        var leaves = new HashSet<ulong>();
        foreach (SalvageTrees.State state in trees.States.Skip(1))
        {
            if (state.Trees.TryGetValue(name, out TreeRecord older))
            {
                leaves.UnionWith(SalvageWalk.Run(_source, older.Root, state.TxId).Leaves);
            }
        }

        if (trees.States.SelectMany(static state => state.Trees.Keys).All(other => other.AsSpan().SequenceEqual(name)))
        {
            leaves.UnionWith(trees.Leaves);
        }

        return leaves;
    }

    /// <summary>So that the newest version of a key is written last.</summary>
    private List<ulong> OldestFirst(IEnumerable<ulong> leaves) => [.. leaves.OrderBy(id => _source.Pages.GetNode(id, 0).Transaction)];

    /// <summary>Copies records into the target, a bounded batch at a time.</summary>
    /// <returns>How many keys the target's tree has gained.</returns>
    private long CopyLeaves(byte[] name, List<ulong> leaves, IReadOnlyList<LostRange>? within, List<LostRange>? unreadable)
    {
        long gained = 0;
        for (int next = 0; next < leaves.Count || next == 0;)
        {
            using WriteTransaction transaction = _target.BeginWrite();
            TreeWriter tree = transaction.OpenTree(name);
            long before = tree.Count;
            for (long bytes = 0; next < leaves.Count && bytes < BatchBytes; next++)
            {
                _cancellation.ThrowIfCancellationRequested();
                bytes += CopyLeaf(tree, _source.Pages.GetNode(leaves[next], 0), within, unreadable);
                if (++_pagesDone % CheckProgress.Interval == 0)
                {
                    _progress?.Invoke(new CheckProgress(Math.Min(_pagesDone, (long)_source.PageCount), (long)_source.PageCount));
                }
            }

            gained += tree.Count - before;
            transaction.Commit(Durability.Deferred);
            if (leaves.Count == 0)
            {
                break;
            }
        }

        return gained;
    }

    private long CopyLeaf(TreeWriter tree, NodePage leaf, IReadOnlyList<LostRange>? within, List<LostRange>? unreadable)
    {
        long bytes = 0;
        byte[] buffer = new byte[_source.PageSizeBytes];
        for (int i = 0; i < leaf.Count; i++)
        {
            Span<byte> key = buffer.AsSpan(0, leaf.KeyBytes(i));
            leaf.CopyKey(i, key);
            if (key.IsEmpty || key.Length > _target.KeyBytesMaximum || (within is not null && !SalvageWalk.Contains(within, key)))
            {
                continue;
            }

            try
            {
                ReadOnlySpan<byte> value = _source.Pages.GetValue(leaf, i);
                tree.Put(key, value);
                bytes += key.Length + value.Length;
            }
            catch (StoreDamagedException damage) when (damage.Path == _source.File.Path)
            {
                // A large value is damaged, or of another version: the key is known, what it held is not.
                unreadable?.Add(new LostRange(key.ToArray(), [.. key, 0]));
            }
        }

        return bytes;
    }
}
