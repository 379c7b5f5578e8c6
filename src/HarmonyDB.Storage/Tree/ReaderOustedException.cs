namespace HarmonyDB.Storage.Tree;

/// <summary>
/// The read transaction was ended by <see cref="Store.OustReader"/>, <see cref="StoreOptions.MaximumReaderAge"/> or
/// <see cref="StoreOptions.MaximumPinnedBytes"/>. Dispose it, and read again in a new one.
/// </summary>
public sealed class ReaderOustedException : InvalidOperationException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="name">The reader's name.</param>
    /// <param name="txId">The state that it read.</param>
    public ReaderOustedException(string? name, TxId txId)
        : base($"The read transaction '{name}' of state {txId} kept pages from being reused for too long and was ousted. Dispose it, and read again in a new one.")
    {
        Name = name;
        TxId = txId;
    }

    /// <summary>The reader's name.</summary>
    public string? Name { get; }

    /// <summary>The state that it read.</summary>
    public TxId TxId { get; }
}
