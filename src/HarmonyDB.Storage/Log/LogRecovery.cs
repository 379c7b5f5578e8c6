namespace HarmonyDB.Storage.Log;

/// <summary>What opening a log found and did.</summary>
public sealed record LogRecovery
{
    /// <summary>Whether there was no log, so that an empty one was created.</summary>
    public required bool Created { get; init; }

    /// <summary>Number of segment files in use.</summary>
    public required int Segments { get; init; }

    /// <summary>Number of valid records read, of any type.</summary>
    public required long Records { get; init; }

    /// <summary>Number of bytes of a torn tail that were cut: written but never flushed before the last crash. 0 after a clean stop.</summary>
    public required long CutBytes { get; init; }

    /// <summary>Path of the segment that had a torn tail, or null.</summary>
    public required string? CutPath { get; init; }

    /// <summary>Offset of the first byte cut.</summary>
    public required long CutOffset { get; init; }

    /// <summary>Number of files removed: left over from creating, resetting or shortening the log when it was interrupted.</summary>
    public required int RemovedFiles { get; init; }
}
