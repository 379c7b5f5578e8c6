using HarmonyDB.Storage.Tree;

namespace HarmonyDB.Storage.Tools;

/// <summary>Keys of which nothing is known but their range.</summary>
/// <param name="From">First key of the range; null if it begins with the first key there could be.</param>
/// <param name="To">First key after the range; null if it goes to the end.</param>
public readonly record struct LostRange(byte[]? From, byte[]? To);

/// <summary>What was salvaged of one tree.</summary>
public sealed record SalvagedTree
{
    /// <summary>Its name; <see cref="StoreSalvage.UnnamedTree"/> if no name could be told.</summary>
    public required byte[] Name { get; init; }

    /// <summary>Records that the damaged store counts in it, null if that is not known.</summary>
    public required long? ExpectedRecords { get; init; }

    /// <summary>Records copied from the state that was salvaged.</summary>
    public required long CopiedRecords { get; init; }

    /// <summary>Records copied from older versions of the tree, for keys in a lost range. Some of them may have been deleted or changed since.</summary>
    public required long OlderRecords { get; init; }

    /// <summary>What of the salvaged state could not be read, the first <see cref="StoreSalvage.LostRangesMaximum"/> ranges.</summary>
    public required IReadOnlyList<LostRange> LostRanges { get; init; }

    /// <summary>Records of the salvaged state that were not read, null if that is not known.</summary>
    public long? LostRecords => ExpectedRecords - CopiedRecords;

    /// <summary>Whether everything was copied.</summary>
    public bool IsComplete => LostRanges.Count == 0 && LostRecords == 0;
}

/// <summary>What <see cref="StoreSalvage"/> copied and what it lost.</summary>
public sealed record SalvageReport
{
    /// <summary>Whether a meta page told which state to salvage. If not, it was found by looking at all pages, and its mark is unknown.</summary>
    public required bool HasMeta { get; init; }

    /// <summary>The state that was salvaged, 0 if no state could be told.</summary>
    public required TxId TxId { get; init; }

    /// <summary>The application's mark, 0 if it is not known.</summary>
    public required ulong Mark { get; init; }

    /// <summary>Page size in bytes.</summary>
    public required int PageSizeBytes { get; init; }

    /// <summary>What was salvaged of each tree.</summary>
    public required IReadOnlyList<SalvagedTree> Trees { get; init; }

    /// <summary>Whether names of trees may be missing, since a page that lists them is damaged.</summary>
    public required bool TreesMayBeMissing { get; init; }

    /// <summary>Whether everything was copied.</summary>
    public bool IsComplete => HasMeta && !TreesMayBeMissing && Trees.All(static tree => tree.IsComplete);
}
