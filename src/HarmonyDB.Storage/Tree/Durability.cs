namespace HarmonyDB.Storage.Tree;

/// <summary>When a commit survives power loss.</summary>
public enum Durability
{
    /// <summary>When <see cref="WriteTransaction.Commit"/> returns.</summary>
    Flushed,

    /// <summary>
    /// After the next <see cref="Store.Checkpoint"/> or flushed commit. Until then a crash takes it back, whole, with every other deferred
    /// commit since the last one.
    /// </summary>
    Deferred,
}
