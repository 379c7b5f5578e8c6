namespace HarmonyDB.Storage.Tree;

/// <summary>What <see cref="Store.Check"/> found.</summary>
public sealed record CheckReport
{
    /// <summary>Most problems that are listed; the walk goes on beyond that.</summary>
    public const int ProblemsMaximum = 100;

    /// <summary>Whether nothing is wrong.</summary>
    public bool IsHealthy => Problems.Count == 0;

    /// <summary>What is wrong, each with its page.</summary>
    public required IReadOnlyList<string> Problems { get; init; }

    /// <summary>The state that was checked.</summary>
    public required TxId TxId { get; init; }

    /// <summary>Number of named trees.</summary>
    public required long TreeCount { get; init; }

    /// <summary>Number of entries in all of them.</summary>
    public required long EntryCount { get; init; }

    /// <summary>Pages of trees and of large values.</summary>
    public required long UsedPageCount { get; init; }

    /// <summary>Pages that can be written at once.</summary>
    public required long FreePageCount { get; init; }

    /// <summary>Pages that a reader or a durable state still needs, and those of the free list itself.</summary>
    public required long PendingPageCount { get; init; }

    /// <summary>Each named tree that could be found.</summary>
    public required IReadOnlyList<TreeReport> Trees { get; init; }
}
