using System.Globalization;

namespace HarmonyDB.Raft;

/// <summary>
/// Raft's logical clock (Raft paper, section 5.1): each term has at most one leader. Zero is the term before the first election.
/// </summary>
/// <param name="Value">The number of the term.</param>
public readonly record struct Term(ulong Value) : IComparable<Term>
{
    /// <summary>The term before the first election.</summary>
    public static Term Zero => default;

    /// <summary>The term after this one, in which a candidate stands.</summary>
    public Term Next => new(checked(Value + 1));

    /// <inheritdoc/>
    public int CompareTo(Term other) => Value.CompareTo(other.Value);

    /// <summary>Numeric order.</summary>
    public static bool operator <(Term left, Term right) => left.Value < right.Value;

    /// <summary>Numeric order.</summary>
    public static bool operator >(Term left, Term right) => left.Value > right.Value;

    /// <summary>Numeric order.</summary>
    public static bool operator <=(Term left, Term right) => left.Value <= right.Value;

    /// <summary>Numeric order.</summary>
    public static bool operator >=(Term left, Term right) => left.Value >= right.Value;

    /// <summary>The number, in decimal.</summary>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
