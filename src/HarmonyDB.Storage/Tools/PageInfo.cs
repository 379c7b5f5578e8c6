using HarmonyDB.Storage.Tree;

namespace HarmonyDB.Storage.Tools;

/// <summary>What the first bytes of a page say, believed or not.</summary>
public enum PageKind
{
    /// <summary>A meta page.</summary>
    Meta,

    /// <summary>A branch.</summary>
    Branch,

    /// <summary>A leaf.</summary>
    Leaf,

    /// <summary>The first page of a large value.</summary>
    Overflow,

    /// <summary>A page of the map of used pages.</summary>
    SpaceMap,

    /// <summary>Nothing that can be told: never written, damaged, or inside of a large value.</summary>
    Unknown,
}

/// <summary>One page of a store file, looked at by itself: whether anything points to it is not known here.</summary>
/// <param name="Page">Its place.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Level">Level above the leaves, of a branch.</param>
/// <param name="EntryCount">Entries of a branch or leaf.</param>
/// <param name="UsedBytes">Bytes in use of a branch or leaf, without its header; length in bytes of a large value.</param>
/// <param name="TxId">The transaction that wrote it.</param>
public readonly record struct PageInfo(PageId Page, PageKind Kind, int Level, int EntryCount, long UsedBytes, TxId TxId);
