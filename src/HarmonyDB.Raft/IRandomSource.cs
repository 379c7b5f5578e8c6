namespace HarmonyDB.Raft;

/// <summary>
/// Where election timeouts get their randomness. Injected, so that a simulation can replay a run from its seed. The members of a cluster must
/// not share a seed, or their elections would collide for ever.
/// </summary>
public interface IRandomSource
{
    /// <summary>The next number, uniform over all 64 bits.</summary>
    ulong NextUInt64();
}
