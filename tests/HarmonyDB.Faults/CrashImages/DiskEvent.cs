using HarmonyDB.Storage.Files;

namespace HarmonyDB.Faults.CrashImages;

/// <summary>One change that was asked of a <see cref="RecordingDisk"/>, with all that is needed to do it again.</summary>
/// <param name="Kind">What was asked.</param>
/// <param name="File">Number of the file, which stays the same when it is renamed; 0 for a directory.</param>
/// <param name="Path">Full path of the file or directory.</param>
internal sealed record DiskEvent(DiskOperationKind Kind, int File, string Path)
{
    /// <summary>Path that a renamed file has from now on.</summary>
    public string NewPath { get; init; } = "";

    /// <summary>First byte of a write.</summary>
    public long Offset { get; init; }

    /// <summary>What was written.</summary>
    public byte[] Bytes { get; init; } = [];

    /// <summary>Length of the file after an allocation or a change of its length.</summary>
    public long LengthBytes { get; init; }
}
