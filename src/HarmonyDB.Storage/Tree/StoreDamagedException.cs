namespace HarmonyDB.Storage.Tree;

/// <summary>The store file does not hold what was written to it. Nothing that was read from the damaged page has been returned.</summary>
public sealed class StoreDamagedException : IOException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="path">The store file.</param>
    /// <param name="page">The damaged page, or the page that was pointed at wrongly.</param>
    /// <param name="reason">What is wrong with it.</param>
    public StoreDamagedException(string path, PageId page, string reason)
        : base($"Page {page} of the store '{path}' is damaged: {reason}. Restore the store from a backup or from another node.")
    {
        Path = path;
        Page = page;
        Reason = reason;
    }

    /// <summary>The store file.</summary>
    public string Path { get; }

    /// <summary>The damaged page.</summary>
    public PageId Page { get; }

    /// <summary>What is wrong with it.</summary>
    public string Reason { get; }
}
