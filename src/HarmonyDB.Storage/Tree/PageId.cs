namespace HarmonyDB.Storage.Tree;

/// <summary>Position of a page in the store file, counted in pages from 0. Pages 0 and 1 are the meta pages.</summary>
/// <param name="Value">The number.</param>
public readonly record struct PageId(ulong Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
