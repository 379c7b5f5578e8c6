namespace HarmonyDB.Storage.Tree;

/// <summary>What a check found of one named tree.</summary>
public sealed record TreeReport
{
    /// <summary>Its name.</summary>
    public required byte[] Name { get; init; }

    /// <summary>Entries in its readable leaves.</summary>
    public required long EntryCount { get; init; }

    /// <summary>Levels from the root to the leaves, 0 for an empty tree.</summary>
    public required int Levels { get; init; }

    /// <summary>Branch pages.</summary>
    public required long BranchPageCount { get; init; }

    /// <summary>Bytes of the branch pages, headers not counted, that hold something.</summary>
    public required long BranchUsedBytes { get; init; }

    /// <summary>Leaf pages.</summary>
    public required long LeafPageCount { get; init; }

    /// <summary>Bytes of the leaf pages, headers not counted, that hold something.</summary>
    public required long LeafUsedBytes { get; init; }

    /// <summary>Pages of large values.</summary>
    public required long OverflowPageCount { get; init; }
}
