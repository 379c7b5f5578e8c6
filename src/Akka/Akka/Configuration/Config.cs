using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Hocon;

namespace Akka.Configuration;

/// <summary>An immutable tree of settings. A missing setting is the default given, a malformed one a <see cref="ConfigurationException"/>.</summary>
public class Config
{
    public static readonly Config Empty = new();
    private readonly HoconNode _root;
    public Config() => _root = new HoconMap();
    public Config(Config source, Config fallback) => _root = HoconMap.Lay(source._root, fallback._root);
    internal Config(HoconNode root) => _root = root;
    public virtual bool IsEmpty => _root is HoconMap { Fields.Count: 0 };

    /// <summary>The keys directly below, with the text or HOCON of their values.</summary>
    internal IEnumerable<KeyValuePair<string, string>> Entries => _root is HoconMap map
        ? map.Fields.Select(f => KeyValuePair.Create(f.Key, f.Value is HoconScalar s ? s.Text ?? "" : HoconPrinter.Print(f.Value, 2)))
        : [];

    public static implicit operator Config(string str) => ConfigurationFactory.ParseString(str);
    public virtual Config WithFallback(Config fallback) => fallback.IsNullOrEmpty() || ReferenceEquals(fallback, this) ? this : new Config(this, fallback);
    public virtual bool HasPath(string path) => Find(path) is not null;
    public virtual Config? GetConfig(string path) => Find(path) is { } node ? new Config(node) : null;

    [return: NotNullIfNotNull(nameof(@default))]
    public virtual string? GetString(string path, string? @default = null) => Text(path) ?? @default;

    public virtual bool GetBoolean(string path, bool @default = false) => Parse(path, @default, static s => s switch
    {
        "on" or "true" or "yes" => true,
        "off" or "false" or "no" => false,
        _ => throw new FormatException($"'{s}' is not a boolean"),
    });

    public virtual int GetInt(string path, int @default = 0) => Parse(path, @default, static s => int.Parse(s, CultureInfo.InvariantCulture));
    public virtual long GetLong(string path, long @default = 0) => Parse(path, @default, static s => long.Parse(s, CultureInfo.InvariantCulture));
    public virtual float GetFloat(string path, float @default = 0) => (float)GetDouble(path, @default);
    public virtual double GetDouble(string path, double @default = 0) => Parse(path, @default, static s => double.Parse(s, CultureInfo.InvariantCulture));

    public virtual decimal GetDecimal(string path, decimal @default = 0) =>
        Parse(path, @default, static s => decimal.Parse(s, NumberStyles.Float, CultureInfo.InvariantCulture));

    public virtual long? GetByteSize(string path) => GetByteSize(path, null);
    public virtual long? GetByteSize(string path, long? def = null) => Parse(path, def, static s => (long?)Units.ParseSize(s));

    public virtual TimeSpan GetTimeSpan(string path, TimeSpan? @default = null, bool allowInfinite = true) =>
        Parse(path, @default ?? TimeSpan.Zero, s => Units.ParseDuration(s, allowInfinite));

    public virtual IList<string> GetStringList(string path) => List(path, static s => s);
    public virtual IList<int> GetIntList(string path) => List(path, static s => int.Parse(s, CultureInfo.InvariantCulture));
    public virtual IList<long> GetLongList(string path) => List(path, static s => long.Parse(s, CultureInfo.InvariantCulture));
    public override string ToString() => HoconPrinter.Print(_root, 2);

    private List<T> List<T>(string path, Func<string, T> convert)
    {
        var values = new List<T>();
        foreach (var item in Find(path) is HoconList list ? list.Items : [])
        {
            values.Add(Convert(path, item is HoconScalar scalar ? scalar.Text ?? "" : HoconPrinter.Print(item, 2), convert));
        }

        return values;
    }

    private T Parse<T>(string path, T @default, Func<string, T> convert) => Text(path) is { } text ? Convert(path, text, convert) : @default;

    private static T Convert<T>(string path, string text, Func<string, T> convert)
    {
        try
        {
            return convert(text);
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            throw new ConfigurationException($"The setting [{path}] is malformed: {e.Message}", e);
        }
    }

    private string? Text(string path) => Find(path) switch
    {
        null or HoconScalar { Text: null } => null,
        HoconScalar scalar => scalar.Text,
        _ => throw new ConfigurationException($"The setting [{path}] is an object or a list where one value was expected"),
    };

    private HoconNode? Find(string path)
    {
        HoconNode? node = _root;
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
