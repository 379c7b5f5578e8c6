namespace HarmonyDB.Storage.Files;

/// <summary>Somebody else holds a lock file.</summary>
public sealed class FileLockedException : IOException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="path">The lock file.</param>
    public FileLockedException(string path)
        : base($"'{path}' is locked by another process. Stop the other one, or use another folder; never delete the lock of a running process.")
    {
        Path = path;
    }

    /// <summary>The lock file.</summary>
    public string Path { get; }
}
