namespace HarmonyDB.Storage.Log;

/// <summary>A part of the log that had been flushed cannot be read back. Nothing was changed on disk.</summary>
public sealed class LogDamagedException : IOException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="path">The file or directory.</param>
    /// <param name="offset">Where in the file the damage begins, in bytes.</param>
    /// <param name="finding">What is wrong, as a clause without a full stop.</param>
    public LogDamagedException(string path, long offset, string finding)
        : base($"The log '{path}' is damaged at byte {offset}: {finding}. Acknowledged entries may be missing, so it is not opened; nothing was changed. "
            + "Put an undamaged copy of the file back, or remove this member from the cluster, empty its data folder and add it as a new one.")
    {
        Path = path;
        Offset = offset;
        Finding = finding;
    }

    /// <summary>Whether the file is whole, but another owner's: files were mixed up, and nothing is lost.</summary>
    public bool IsForeign { get; init; }

    /// <summary>The file or directory.</summary>
    public string Path { get; }

    /// <summary>Where in the file the damage begins, in bytes.</summary>
    public long Offset { get; }

    /// <summary>What is wrong.</summary>
    public string Finding { get; }
}
