namespace Hocon;

/// <summary>A key of an object and its value.</summary>
public sealed class HoconField
{
    internal HoconField(string key, HoconNode node)
    {
        Key = key;
        Value = new HoconValue(node);
    }

    public string Key { get; }
    public HoconValue Value { get; }
    public HoconType Type => Value.Type;
}
