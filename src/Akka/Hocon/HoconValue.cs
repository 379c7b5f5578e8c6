namespace Hocon;

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
