namespace Hocon;

/// <summary>A parsed and resolved document. <see cref="ToString"/> gives HOCON that parses to an equal one.</summary>
public class HoconRoot
{
    internal HoconRoot(HoconNode root) => Root = root;
    internal HoconNode Root { get; }
    public virtual bool HasPath(string path) => Find(path) is not null;
    public virtual string? GetString(string path, string? @default) => Find(path) is HoconScalar { Text: { } text } ? text : @default;
    public virtual HoconValue GetValue(string path) => new(Find(path));
    public virtual HoconObject GetObject(string path) => GetValue(path).GetObject();
    public string PrettyPrint(int indentSize) => HoconPrinter.Print(Root, indentSize);
    public override string ToString() => HoconPrinter.Print(Root, 2);

    private HoconNode? Find(string path)
    {
        HoconNode? node = Root;
        foreach (var key in HoconPathSyntax.Split(path))
        {
            if (node is not HoconMap map || !map.Fields.TryGetValue(key, out node))
            {
                return null;
            }
        }

        return node;
    }
}
