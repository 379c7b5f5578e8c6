namespace HarmonyDB.Faults.CrashImages;

/// <summary>What an interrupted device leaves of a sector that is neither what it held nor what was written.</summary>
internal enum SectorDamage
{
    /// <summary>Zeros where bytes were to change.</summary>
    Zeros,

    /// <summary>Anything where bytes were to change.</summary>
    Garbage,

    /// <summary>The first half arrived.</summary>
    FirstHalf,

    /// <summary>The second half arrived.</summary>
    SecondHalf,
}
