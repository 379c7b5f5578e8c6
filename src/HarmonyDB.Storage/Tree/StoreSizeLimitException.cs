namespace HarmonyDB.Storage.Tree;

/// <summary>
/// The commit would make the file longer than <see cref="StoreOptions.MaximumBytes"/> allows, or take pages of the reserve. Nothing has changed;
/// reads go on, and so do transactions that only delete, as long as the reserve lasts.
/// </summary>
public sealed class StoreSizeLimitException : IOException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="path">The store file.</param>
    /// <param name="wantedBytes">The length that was asked for, reserve included, in bytes.</param>
    /// <param name="maximumBytes">The limit, in bytes.</param>
    public StoreSizeLimitException(string path, long wantedBytes, long maximumBytes)
        : base($"The store '{path}' may have {maximumBytes} bytes; the commit needs {wantedBytes}, its reserve included. Delete entries, then write again, or raise the limit.")
    {
        Path = path;
        WantedBytes = wantedBytes;
        MaximumBytes = maximumBytes;
    }

    /// <summary>The store file.</summary>
    public string Path { get; }

    /// <summary>The length that was asked for, reserve included, in bytes.</summary>
    public long WantedBytes { get; }

    /// <summary>The limit, in bytes.</summary>
    public long MaximumBytes { get; }
}
