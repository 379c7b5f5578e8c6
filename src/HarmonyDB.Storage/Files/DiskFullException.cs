namespace HarmonyDB.Storage.Files;

/// <summary>No space, or no quota, is left for a write. What was there before is untouched; reads go on.</summary>
public sealed class DiskFullException : IOException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="path">The file that could not grow.</param>
    /// <param name="wantedBytes">The length that was asked for, in bytes.</param>
    public DiskFullException(string path, long wantedBytes)
        : base($"No space is left on the device for '{path}' ({wantedBytes} bytes wanted). Free some space and try again.")
    {
        Path = path;
        WantedBytes = wantedBytes;
    }

    /// <summary>The file that could not grow.</summary>
    public string Path { get; }

    /// <summary>The length that was asked for, in bytes.</summary>
    public long WantedBytes { get; }
}
