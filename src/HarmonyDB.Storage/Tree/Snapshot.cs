namespace HarmonyDB.Storage.Tree;

/// <summary>One committed state of the store. Immutable; the newest is published to readers.</summary>
internal sealed class Snapshot
{
    internal required ulong TxId { get; init; }

    internal required ulong Mark { get; init; }

    /// <summary>Root page of the tree of trees, 0 while there is none.</summary>
    internal required ulong Root { get; init; }

    internal required ulong TreeCount { get; init; }

    /// <summary>Pages that the state may point to; all of them lie within <see cref="Mapping"/>.</summary>
    internal required ulong PageCount { get; init; }

    internal required Mapping Mapping { get; init; }

    /// <summary>The same state through another mapping.</summary>
    internal Snapshot Remap(Mapping mapping) => new()
    {
        TxId = TxId,
        Mark = Mark,
        Root = Root,
        TreeCount = TreeCount,
        PageCount = Math.Min(PageCount, mapping.PageCount),
        Mapping = mapping,
    };
}
