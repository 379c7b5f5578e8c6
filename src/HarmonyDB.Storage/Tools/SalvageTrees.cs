using System.Buffers.Binary;
using HarmonyDB.Storage.Tree;

namespace HarmonyDB.Storage.Tools;

/// <summary>
/// Which trees a damaged file holds, in which versions. Every commit that changes a tree writes a new root of the tree of trees, so each
/// such page that is left in the file is a whole state of the store; leaves whose values all describe trees give them away.
/// </summary>
internal sealed unsafe class SalvageTrees
{
    /// <summary>States that are kept for filling holes, the newest ones.</summary>
    private const int StatesMaximum = 32;

    private readonly SalvageSource _source;

    private SalvageTrees(SalvageSource source)
    {
        _source = source;
    }

    /// <summary>States, the one to salvage first, the others from new to old.</summary>
    internal List<State> States { get; } = [];

    /// <summary>All sound leaves in the file, whatever tree or version they belong to, but for those that look like part of a tree of trees.</summary>
    internal List<ulong> Leaves { get; } = [];

    /// <summary>Whether a meta page told which state to salvage.</summary>
    internal bool HasMeta { get; private set; }

    /// <summary>Looks at what the meta pages say, and at every page only if that does not give the whole newest state.</summary>
    internal static SalvageTrees Find(SalvageSource source, Action<CheckProgress>? progress, CancellationToken cancellation)
    {
        var trees = new SalvageTrees(source);
        foreach (MetaPage meta in new[] { source.Meta, source.OlderMeta }.OfType<MetaPage>())
        {
            trees.HasMeta = true;
            trees.States.Add(trees.ReadState(meta.Root, meta.TxId));
        }

        if (!trees.HasMeta || !trees.IsComplete(trees.States[0]))
        {
            trees.Scan(progress, cancellation);
        }

        return trees;
    }

    internal bool IsComplete(State state) => state.IsComplete
        && state.Trees.Values.All(record => SalvageWalk.Run(_source, record.Root, state.TxId) is { IsComplete: true } walk && walk.EntryCount == record.Count);

    private void Scan(Action<CheckProgress>? progress, CancellationToken cancellation)
    {
        var roots = new List<NodePage>();
        for (ulong id = PageHeader.FirstPageId; id < _source.PageCount; id++)
        {
            if (id % CheckProgress.Interval == 0)
            {
                cancellation.ThrowIfCancellationRequested();
                progress?.Invoke(new CheckProgress((long)id, (long)_source.PageCount));
            }

            if (!_source.IsNode(id) || !_source.TryGetNode(id, PageSource.AnyLevel, out NodePage node))
            {
                continue;
            }

            bool looksLikeTrees = FirstLeafDescribesTrees(node, out bool hasTrees);
            if (looksLikeTrees && hasTrees)
            {
                roots.Add(node);
            }

            if (node.IsLeaf && !looksLikeTrees)
            {
                Leaves.Add(id);
            }
        }

        // The root of a state is above its other pages, all of which are of the same transaction or older.
        State[] found =
        [
            .. roots.OrderByDescending(static node => node.Transaction).ThenByDescending(static node => node.Level)
                .DistinctBy(static node => node.Transaction).Take(StatesMaximum).Select(node => ReadState(node.Id, node.Transaction)),
        ];
        found = [.. found.Where(state => States.TrueForAll(known => known.Root != state.Root))];
        if (!HasMeta && Array.Find(found, IsComplete) is { } whole)
        {
            States.Add(whole);
        }

        States.AddRange(found.Where(state => !States.Contains(state)));
    }

    /// <summary>The trees of a state, those of them that can be read.</summary>
    private State ReadState(ulong root, ulong txId)
    {
        SalvageWalk walk = SalvageWalk.Run(_source, root, txId);
        var trees = new SortedDictionary<byte[], TreeRecord>(Comparer<byte[]>.Create(static (a, b) => a.AsSpan().SequenceCompareTo(b)));
        bool isComplete = walk.IsComplete;
        foreach (ulong leafId in walk.Leaves)
        {
            NodePage leaf = _source.Pages.GetNode(leafId, 0);
            for (int i = 0; i < leaf.Count; i++)
            {
                byte[] name = new byte[leaf.KeyBytes(i)];
                leaf.CopyKey(i, name);
                if (TryReadRecord(leaf, i, out TreeRecord record))
                {
                    trees[name] = record;
                }
                else
                {
                    isComplete = false;
                }
            }
        }

        return new State(root, txId, trees, isComplete);
    }

    /// <summary>Whether all values of a node's first leaf look like descriptions of trees, and whether one of those trees is there.</summary>
    private bool FirstLeafDescribesTrees(NodePage node, out bool hasTrees)
    {
        hasTrees = false;
        ulong transaction = node.Transaction;
        while (node.Level > 0)
        {
            if (!IsNodeOf(node.Child(0), transaction) || !_source.TryGetNode(node.Child(0), node.Level - 1, out node))
            {
                return false;
            }
        }

        // The values of another tree may look like this by chance; they do not name the roots of trees that are there.
        bool areAllEmpty = true;
        for (int i = 0; i < node.Count; i++)
        {
            if (!TryReadRecord(node, i, out TreeRecord record))
            {
                return false;
            }

            hasTrees |= record.Root != 0 && IsNodeOf(record.Root, transaction);
            areAllEmpty &= record.Root == 0;
        }

        hasTrees |= areAllEmpty;
        return node.Count > 0;
    }

    private bool IsNodeOf(ulong pageId, ulong transaction) => pageId >= PageHeader.FirstPageId && pageId < _source.PageCount && _source.IsNode(pageId)
        && _source.TryGetNode(pageId, PageSource.AnyLevel, out NodePage node) && node.Transaction <= transaction;

    private bool TryReadRecord(NodePage leaf, int index, out TreeRecord record)
    {
        record = default;
        if (leaf.ValueHeader(index) != TreeRecord.SizeBytes)
        {
            return false;
        }

        var value = new ReadOnlySpan<byte>(leaf.Payload(index), TreeRecord.SizeBytes);
        record = new TreeRecord(BinaryPrimitives.ReadUInt64LittleEndian(value), BinaryPrimitives.ReadInt64LittleEndian(value[8..]));
        bool isEmpty = record is { Root: 0, Count: 0 };
        bool canBeTree = record.Root >= PageHeader.FirstPageId && record.Root < _source.PageCount && record.Count > 0;
        return (isEmpty || canBeTree) && BinaryPrimitives.ReadUInt64LittleEndian(value[16..]) == 0;
    }

    /// <summary>The trees of the store as of one transaction.</summary>
    /// <param name="Root">Root of the tree of trees.</param>
    /// <param name="TxId">The transaction.</param>
    /// <param name="Trees">The trees by name.</param>
    /// <param name="IsComplete">Whether all of the tree of trees was readable.</param>
    internal sealed record State(ulong Root, ulong TxId, IReadOnlyDictionary<byte[], TreeRecord> Trees, bool IsComplete);
}
