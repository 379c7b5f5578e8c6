namespace HarmonyDB.Storage.Tree;

/// <summary>An open read transaction.</summary>
/// <param name="Id">Number of this use of a reader, unique as long as the store is open.</param>
/// <param name="Name">Name given by whoever opened it.</param>
/// <param name="TxId">The state it pins.</param>
/// <param name="Age">How long ago it began.</param>
/// <param name="IsOusted">Whether it was ousted and has not been disposed yet.</param>
public readonly record struct ReaderInfo(long Id, string? Name, TxId TxId, TimeSpan Age, bool IsOusted);

/// <summary>What a store looks like at one moment.</summary>
public sealed record StoreStatistics
{
    /// <summary>Page size in bytes.</summary>
    public required int PageSizeBytes { get; init; }

    /// <summary>Length of the file in bytes; it grows in steps and may be longer than its pages.</summary>
    public required long FileBytes { get; init; }

    /// <summary>Pages in use or free, meta pages included.</summary>
    public required long PageCount { get; init; }

    /// <summary>Pages of the trees and large values of the newest state.</summary>
    public required long UsedPageCount { get; init; }

    /// <summary>Pages that can be written at once.</summary>
    public required long FreePageCount { get; init; }

    /// <summary>Pages that are out of the newest state but still needed by a reader or a durable state.</summary>
    public required long PendingPageCount { get; init; }

    /// <summary>The newest committed transaction.</summary>
    public required TxId TxId { get; init; }

    /// <summary>The newest transaction that survives power loss.</summary>
    public required TxId DurableTxId { get; init; }

    /// <summary>Open read transactions, in no order.</summary>
    public required IReadOnlyList<ReaderInfo> Readers { get; init; }

    /// <summary>The reader of the oldest state, null if there is none: what it pins cannot be reused (B21).</summary>
    public ReaderInfo? OldestReader => Readers.Count == 0 ? null : Readers.MinBy(static reader => reader.TxId);
}
