namespace HarmonyDB.Simulation;

/// <summary>How slow the disk and the store of a node are for the time being.</summary>
internal sealed class DeviceSpeed
{
    /// <summary>What each flush takes beyond its usual time, in ticks.</summary>
    public long FlushTicks { get; set; }

    /// <summary>What the next flush takes beyond that, once.</summary>
    public long StallTicks { get; set; }

    /// <summary>What each application of entries takes beyond its usual time, in ticks.</summary>
    public long ApplyTicks { get; set; }

    /// <summary>As fast as ever.</summary>
    public void Reset()
    {
        FlushTicks = 0;
        StallTicks = 0;
        ApplyTicks = 0;
    }
}
