namespace HarmonyDB.Storage.Tree;

/// <summary>As many read transactions are open as the store allows: see <see cref="StoreOptions.MaximumReaders"/>.</summary>
public sealed class TooManyReadersException : InvalidOperationException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="maximum">The number of readers allowed.</param>
    public TooManyReadersException(int maximum)
        : base($"All {maximum} readers of the store are in use. Dispose read transactions sooner, or raise {nameof(StoreOptions.MaximumReaders)}.")
    {
    }
}
