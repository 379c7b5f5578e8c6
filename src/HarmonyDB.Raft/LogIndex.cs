using System.Globalization;

namespace HarmonyDB.Raft;

/// <summary>
/// The position of an entry in the replicated log. The first entry is 1; <see cref="Zero"/> is the position before it.
/// </summary>
/// <param name="Value">The position.</param>
public readonly record struct LogIndex(ulong Value) : IComparable<LogIndex>
{
    /// <summary>The position before the first entry.</summary>
    public static LogIndex Zero => default;

    /// <summary>The position after this one.</summary>
    public LogIndex Next => new(checked(Value + 1));

    /// <summary>The position before this one; <see cref="Zero"/> has none.</summary>
    /// <exception cref="OverflowException">This is <see cref="Zero"/>.</exception>
    public LogIndex Previous => new(checked(Value - 1));

    /// <summary>The lower of two positions.</summary>
    public static LogIndex Min(LogIndex left, LogIndex right) => left < right ? left : right;

    /// <summary>The higher of two positions.</summary>
    public static LogIndex Max(LogIndex left, LogIndex right) => left > right ? left : right;

    /// <inheritdoc/>
    public int CompareTo(LogIndex other) => Value.CompareTo(other.Value);

    /// <summary>Numeric order.</summary>
    public static bool operator <(LogIndex left, LogIndex right) => left.Value < right.Value;

    /// <summary>Numeric order.</summary>
    public static bool operator >(LogIndex left, LogIndex right) => left.Value > right.Value;

    /// <summary>Numeric order.</summary>
    public static bool operator <=(LogIndex left, LogIndex right) => left.Value <= right.Value;

    /// <summary>Numeric order.</summary>
    public static bool operator >=(LogIndex left, LogIndex right) => left.Value >= right.Value;

    /// <summary>The position <paramref name="count"/> entries further on.</summary>
    public static LogIndex operator +(LogIndex index, ulong count) => new(checked(index.Value + count));

    /// <summary>How many entries <paramref name="left"/> lies beyond <paramref name="right"/>.</summary>
    /// <exception cref="OverflowException"><paramref name="right"/> lies beyond <paramref name="left"/>.</exception>
    public static ulong operator -(LogIndex left, LogIndex right) => checked(left.Value - right.Value);

    /// <summary>The number, in decimal.</summary>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
