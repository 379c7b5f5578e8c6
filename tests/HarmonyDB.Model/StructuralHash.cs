using System.Runtime.CompilerServices;

namespace HarmonyDB.Model;

/// <summary>
/// A 128-bit hash of everything reachable from an object: the values of all fields, public or not, whatever type declares them. A field added to
/// the core later is part of it without anyone thinking of it, so two states are never taken for one because the model forgot what tells them apart.
/// </summary>
/// <remarks>
/// What does not tell states apart is left out by <see cref="StructuralRules"/>, and times count relative to the member's clock. Same seed, same
/// values, same hash: nothing depends on addresses or on the process. Not thread-safe.
/// </remarks>
internal sealed class StructuralHash
{
    private static readonly TimeSpan Horizon = TimeSpan.FromSeconds(2);

    private readonly Dictionary<object, int> _seen = new(ReferenceEqualityComparer.Instance);
    private ulong _high;
    private ulong _low;
    private TimeSpan _now;

    /// <summary>Hashes an object.</summary>
    /// <param name="value">Where to begin.</param>
    /// <param name="now">What times are relative to.</param>
    public UInt128 Of(object value, TimeSpan now)
    {
        _seen.Clear();
        _now = now;
        _high = 0x9E3779B97F4A7C15;
        _low = 0xC2B2AE3D27D4EB4F;
        AddObject(value);
        return new UInt128(_high, _low);
    }

    /// <summary>Adds a number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(ulong value)
    {
        _high = Mixing.Mix(_high ^ value, 0xA0761D6478BD642F);
        _low = Mixing.Mix(_low + value, 0xE7037ED1A0B428DB ^ _high);
    }

    /// <summary>Adds a point in time. Beyond the horizon all are alike: nothing looks back or ahead that far.</summary>
    public void Add(TimeSpan time)
    {
        var relative = time < _now - Horizon ? -Horizon : time > _now + Horizon ? Horizon : time - _now;
        Add((ulong)relative.Ticks);
    }

    /// <summary>Adds bytes.</summary>
    public void Add(ReadOnlyMemory<byte> bytes)
    {
        Add((ulong)bytes.Length);
        foreach (var value in bytes.Span)
        {
            Add(value);
        }
    }

    /// <summary>Adds text.</summary>
    public void Add(string text)
    {
        Add((ulong)text.Length);
        foreach (var value in text)
        {
            Add(value);
        }
    }

    /// <summary>Adds whatever an object holds; what is met again counts as its place among those met.</summary>
    public void AddObject(object? value)
    {
        if (value is null)
        {
            Add(0);
            return;
        }
        var content = StructuralContent.Of(value.GetType());
        if (content.HasIdentity)
        {
            if (_seen.TryGetValue(value, out var place))
            {
                Add((ulong)place);
                return;
            }
            _seen.Add(value, _seen.Count + 1);
        }
        Add(content.TypeCode);
        content.Add(value, this);
    }

    /// <summary>Adds items whose order means nothing.</summary>
    public void AddUnordered<T>(IEnumerable<T> items, Action<T, StructuralHash> add)
    {
        var (high, low) = (_high, _low);
        var sum = UInt128.Zero;
        var count = 0UL;
        foreach (var item in items)
        {
            (_high, _low) = (1, 2);
            add(item, this);
            sum += new UInt128(_high, _low);
            count++;
        }
        (_high, _low) = (high, low);
        Add(count);
        Add((ulong)(sum >> 64));
        Add((ulong)sum);
    }
}
