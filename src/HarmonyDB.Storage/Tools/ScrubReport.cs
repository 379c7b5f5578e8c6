using HarmonyDB.Storage.Tree;

namespace HarmonyDB.Storage.Tools;

/// <summary>A damaged page that a scrub came by.</summary>
/// <param name="Page">The page.</param>
/// <param name="Reason">What is wrong with it.</param>
public readonly record struct ScrubDamage(PageId Page, string Reason);

/// <summary>What a <see cref="Scrubber"/> did so far.</summary>
public sealed record ScrubReport
{
    /// <summary>Bytes of pages and large values that were verified, in all passes.</summary>
    public required long VerifiedBytes { get; init; }

    /// <summary>Passes that were finished.</summary>
    public required long PassCount { get; init; }

    /// <summary>Damaged pages, each once, the first <see cref="Scrubber.DamageMaximum"/> of them.</summary>
    public required IReadOnlyList<ScrubDamage> Damage { get; init; }
}
