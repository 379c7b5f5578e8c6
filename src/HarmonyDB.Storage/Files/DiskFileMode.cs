namespace HarmonyDB.Storage.Files;

/// <summary>How <see cref="Disk.Open"/> opens a file.</summary>
public enum DiskFileMode
{
    /// <summary>Read and write; the file must exist.</summary>
    Open,

    /// <summary>Read and write; the file must not exist.</summary>
    CreateNew,

    /// <summary>Read and write; created if missing.</summary>
    OpenOrCreate,

    /// <summary>Read only; the file must exist.</summary>
    ReadOnly,
}
