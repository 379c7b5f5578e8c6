namespace HarmonyDB.Faults.KillLeader;

/// <summary>How a node's keys differ from what clients were told.</summary>
/// <param name="Lost">Keys whose write was acknowledged and which are not there, or with another value or revision.</param>
/// <param name="Wrong">Keys that are there though nobody wrote them, or their write was refused, or more often written than they were sent.</param>
internal sealed record Verdict(IReadOnlyList<string> Lost, IReadOnlyList<string> Wrong);
