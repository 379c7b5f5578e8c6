namespace HarmonyDB.Simulation;

/// <summary>A defect put in on purpose: the checks must find each of them, or they would not find a real one either (M2).</summary>
internal enum Canary
{
    /// <summary>None.</summary>
    None,

    /// <summary>A leader acknowledges a write that it never proposed.</summary>
    LostWrite,

    /// <summary>Disks report a flush that they did not do.</summary>
    SkippedFlush,

    /// <summary>Reads are answered without asking anyone.</summary>
    StaleRead,

    /// <summary>One node applies something else than the others.</summary>
    DivergentApply,

    /// <summary>A cut link is never mended.</summary>
    CutForGood,
}
