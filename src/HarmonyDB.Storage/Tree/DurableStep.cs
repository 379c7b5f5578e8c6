namespace HarmonyDB.Storage.Tree;

/// <summary>A state about to become durable.</summary>
/// <param name="State">The state.</param>
/// <param name="Map">Which pages it uses, against the newest durable state.</param>
/// <param name="PageCount">All its pages, free ones and those of the map included, are below this.</param>
/// <param name="Unwritten">Those of its pages that are in memory only, ascending.</param>
internal sealed record DurableStep(Snapshot State, SpaceMapChange Map, ulong PageCount, ulong[] Unwritten);
