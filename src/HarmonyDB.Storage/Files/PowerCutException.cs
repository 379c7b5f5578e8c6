namespace HarmonyDB.Storage.Files;

/// <summary>The simulated power is off. <see cref="SimulatedDisk.Crash"/> turns it on again.</summary>
public sealed class PowerCutException : IOException
{
    /// <summary>Creates the exception.</summary>
    public PowerCutException()
        : base("The simulated power is off; crash the disk to go on.")
    {
    }
}
