namespace Hocon;

/// <summary>A parsed value. Scalars, lists and maps are final; the other kinds exist only until <see cref="HoconResolver"/> has run.</summary>
internal abstract record HoconNode
{
    /// <summary>The value at a dotted path below, whose elements may be quoted: <c>a.b."c.d"</c>.</summary>
    public HoconNode? Find(string path)
    {
        HoconNode? node = this;
        foreach (var key in Split(path))
        {
            node = (node as HoconMap)?.Fields.GetValueOrDefault(key);
        }

        return node;
    }

    private static IEnumerable<string> Split(string path)
    {
        // Of the pieces between quotation marks every second one is quoted, and its dots are its own.
        const char QuotedDot = '\0';
        var pieces = path.Split('"').Select((piece, i) => i % 2 == 0 ? piece : piece.Replace('.', QuotedDot));
        return string.Concat(pieces).Split('.').Select(element => element.Replace(QuotedDot, '.'));
    }
}

/// <summary>A string, number or boolean as written, or null (no text).</summary>
internal sealed record HoconScalar(string? Text, bool Quoted) : HoconNode;

internal sealed record HoconList : HoconNode
{
    public List<HoconNode> Items { get; init; } = [];
}

internal sealed record HoconMap : HoconNode
{
    public Dictionary<string, HoconNode> Fields { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Puts a value at a path below this map, over what is there.</summary>
    public void Put(ReadOnlySpan<string> path, HoconNode value)
    {
        for (var i = path.Length - 1; i > 0; i--)
        {
            value = new HoconMap { Fields = { [path[i]] = value } };
        }

        Fields[path[0]] = Fields.TryGetValue(path[0], out var below) ? Lay(value, below) : value;
    }

    /// <summary>A value over another: maps merge, anything else hides what is below it; what is not known yet waits in an overlay.</summary>
    public static HoconNode Lay(HoconNode above, HoconNode below)
    {
        if (above is HoconMap upper && below is HoconMap lower)
        {
            var merged = new HoconMap { Fields = new(lower.Fields, StringComparer.Ordinal) };
            foreach (var (key, value) in upper.Fields)
            {
                merged.Put([key], value);
            }

            return merged;
        }

        var unknown = IsUnresolved(above) || (above is HoconMap && IsUnresolved(below));
        return unknown ? new HoconOverlay(above, below) : above;
    }

    private static bool IsUnresolved(HoconNode node) => node is HoconReference or HoconConcatenation or HoconOverlay;
}

/// <summary><c>${path}</c> or <c>${?path}</c>. In an included text the path is tried below the place of the include first.</summary>
internal sealed record HoconReference(string[] Path, string[] Scope, bool Optional, int Line, int Column) : HoconNode;

/// <summary>Several values in a row: they join as strings, as lists or as maps.</summary>
internal sealed record HoconConcatenation(List<HoconNode> Pieces, int Line, int Column) : HoconNode;

internal sealed record HoconOverlay(HoconNode Above, HoconNode Below) : HoconNode;
