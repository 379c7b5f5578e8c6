using System.Diagnostics.CodeAnalysis;

namespace Hocon;

/// <summary>A view of a resolved object: its keys in the order of the text.</summary>
public class HoconObject : Dictionary<string, HoconField>
{
    internal HoconObject(HoconMap map)
        : base(StringComparer.Ordinal)
    {
        foreach (var (key, node) in map.Fields)
        {
            Add(key, new HoconField(key, node));
        }
    }

    public bool TryGetField(string key, [NotNullWhen(true)] out HoconField? result) => TryGetValue(key, out result);
}
