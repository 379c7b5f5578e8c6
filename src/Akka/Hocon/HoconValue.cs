using System.Diagnostics.CodeAnalysis;

namespace Hocon;

public enum HoconType
{
    Empty,
    Array,
    Object,
    Number,
    Boolean,
    String,
}

/// <summary>A parsed and resolved document. <see cref="ToString"/> gives HOCON that parses to an equal one.</summary>
public class HoconRoot
{
    internal HoconRoot(HoconNode root) => Root = root;
    internal HoconNode Root { get; }
    public virtual bool HasPath(string path) => Root.Find(path) is not null;
    public virtual string? GetString(string path, string? @default) => Root.Find(path) is HoconScalar { Text: { } text } ? text : @default;
    public virtual HoconValue GetValue(string path) => new(Root.Find(path));
    public virtual HoconObject GetObject(string path) => GetValue(path).GetObject();
    public override string ToString() => HoconPrinter.Print(Root);
}

/// <summary>A view of a resolved value.</summary>
public class HoconValue
{
    private readonly HoconNode? _node;
    internal HoconValue(HoconNode? node) => _node = node;

    public virtual HoconType Type => _node switch
    {
        HoconMap => HoconType.Object,
        HoconList => HoconType.Array,
        null or HoconScalar { Text: null } => HoconType.Empty,
        _ => HoconType.String,
    };

    public virtual HoconObject GetObject() => _node is HoconMap map ? new HoconObject(map) : throw Unexpected("an object");

    public virtual IList<HoconValue> GetArray() => _node is HoconList list
        ? list.Items.ConvertAll(item => new HoconValue(item))
        : throw Unexpected("an array");

    public virtual string GetString() => _node is HoconScalar { Text: { } text } ? text : throw Unexpected("a value");
    private HoconException Unexpected(string wanted) => new($"It is of type {Type} where {wanted} was expected");
}

/// <summary>A view of a resolved object: its keys in the order of the text.</summary>
public class HoconObject : Dictionary<string, HoconField>
{
    internal HoconObject(HoconMap map) : base(map.Fields.Select(f => KeyValuePair.Create(f.Key, new HoconField(f.Value))), StringComparer.Ordinal) { }
    public bool TryGetField(string key, [NotNullWhen(true)] out HoconField? result) => TryGetValue(key, out result);
}

/// <summary>The value of a key.</summary>
public sealed class HoconField
{
    internal HoconField(HoconNode node) => Value = new HoconValue(node);
    public HoconValue Value { get; }
}
