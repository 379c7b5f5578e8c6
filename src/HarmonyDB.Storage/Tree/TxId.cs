namespace HarmonyDB.Storage.Tree;

/// <summary>Number of a committed transaction: starts at 1 and grows by one with each commit of a store.</summary>
/// <param name="Value">The number.</param>
public readonly record struct TxId(ulong Value) : IComparable<TxId>
{
    /// <inheritdoc/>
    public int CompareTo(TxId other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
