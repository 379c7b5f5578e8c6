namespace HarmonyDB.Faults.KillLeader;

/// <summary>A key as a node has it.</summary>
/// <param name="Value">Its value.</param>
/// <param name="ModRevision">Revision of its last change.</param>
/// <param name="Version">How often it was written.</param>
internal sealed record StoredKey(string Value, long ModRevision, long Version);
