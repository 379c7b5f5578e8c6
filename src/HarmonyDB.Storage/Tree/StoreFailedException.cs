namespace HarmonyDB.Storage.Tree;

/// <summary>A write or flush failed earlier, so it is unknown what the disk holds. Writes are refused until the store is reopened; reads go on.</summary>
public sealed class StoreFailedException : IOException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="path">The store file.</param>
    /// <param name="cause">The failure that made the store refuse writes.</param>
    public StoreFailedException(string path, Exception cause)
        : base($"The store '{path}' refuses writes because one failed: {cause.Message} Reopen the store: it recovers the last durable state.", cause)
    {
        Path = path;
    }

    /// <summary>The store file.</summary>
    public string Path { get; }
}
