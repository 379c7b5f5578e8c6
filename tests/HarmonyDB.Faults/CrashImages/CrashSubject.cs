namespace HarmonyDB.Faults.CrashImages;

/// <summary>What lies in the folder that is crashed.</summary>
internal enum CrashSubject
{
    /// <summary>A log alone.</summary>
    Log,

    /// <summary>A store alone.</summary>
    Store,

    /// <summary>A log and the store that its committed entries are applied to, as a node uses them.</summary>
    Node,
}
