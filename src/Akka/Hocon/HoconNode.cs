namespace Hocon;

/// <summary>A parsed value. Scalars, lists and maps are final; the other kinds exist only until <see cref="HoconResolver"/> has run.</summary>
internal abstract class HoconNode
{
}

/// <summary>A string, number or boolean as written, or null (no text).</summary>
internal sealed class HoconScalar(string? text, bool quoted) : HoconNode
{
    public string? Text { get; } = text;
    public bool Quoted { get; } = quoted;
}

internal sealed class HoconList : HoconNode
{
    public List<HoconNode> Items { get; } = [];
}

internal sealed class HoconMap : HoconNode
{
    public Dictionary<string, HoconNode> Fields { get; } = new(StringComparer.Ordinal);

    /// <summary>Puts a value at a path below this map, over what is there.</summary>
    public void Put(ReadOnlySpan<string> path, HoconNode value)
    {
        for (var i = path.Length - 1; i > 0; i--)
        {
            var wrapper = new HoconMap();
            wrapper.Fields.Add(path[i], value);
            value = wrapper;
        }

        Fields[path[0]] = Fields.TryGetValue(path[0], out var below) ? Lay(value, below) : value;
    }

    /// <summary>A value over another: maps merge, anything else hides what is below it; what is not known yet waits in an overlay.</summary>
    public static HoconNode Lay(HoconNode above, HoconNode below)
    {
        if (above is HoconMap upper && below is HoconMap lower)
        {
            var merged = new HoconMap();
            foreach (var (key, value) in lower.Fields)
            {
                merged.Fields[key] = value;
            }

            foreach (var (key, value) in upper.Fields)
            {
                merged.Fields[key] = merged.Fields.TryGetValue(key, out var old) ? Lay(value, old) : value;
            }

            return merged;
        }

        var unknown = IsUnresolved(above) || (above is HoconMap && IsUnresolved(below));
        return unknown ? new HoconOverlay(above, below) : above;
    }

    private static bool IsUnresolved(HoconNode node) => node is HoconReference or HoconConcatenation or HoconOverlay;
}

/// <summary><c>${path}</c> or <c>${?path}</c>. In an included text the path is tried below the place of the include first.</summary>
internal sealed class HoconReference(string[] path, string[] scope, bool optional, int line, int column) : HoconNode
{
    public string[] Path { get; } = path;
    public string[] Scope { get; } = scope;
    public bool Optional { get; } = optional;
    public int Line { get; } = line;
    public int Column { get; } = column;
}

/// <summary>Several values in a row: they join as strings, as lists or as maps.</summary>
internal sealed class HoconConcatenation(List<HoconNode> pieces, int line, int column) : HoconNode
{
    public List<HoconNode> Pieces { get; } = pieces;
    public int Line { get; } = line;
    public int Column { get; } = column;
}

internal sealed class HoconOverlay(HoconNode above, HoconNode below) : HoconNode
{
    public HoconNode Above { get; } = above;
    public HoconNode Below { get; } = below;
}
