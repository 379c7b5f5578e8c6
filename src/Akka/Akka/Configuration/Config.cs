using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Hocon;

namespace Akka.Configuration;

/// <summary>An immutable tree of settings. A missing setting is the default given, a malformed one a <see cref="ConfigurationException"/>.</summary>
public class Config
{
    public static readonly Config Empty = new(new HoconMap());
    private readonly HoconNode _root;
    internal Config(HoconNode root) => _root = root;
    public virtual bool IsEmpty => _root is HoconMap { Fields.Count: 0 };

    /// <summary>The keys directly below, with the text or HOCON of their values.</summary>
    internal IEnumerable<KeyValuePair<string, string>> Entries => _root is HoconMap map
        ? map.Fields.Select(f => KeyValuePair.Create(f.Key, Print(f.Value)))
        : [];

    public static implicit operator Config(string str) => ConfigurationFactory.ParseString(str);
    public virtual Config WithFallback(Config? fallback) => fallback is null ? this : new Config(HoconMap.Lay(_root, fallback._root));
    public virtual bool HasPath(string path) => _root.Find(path) is not null;
    public virtual Config? GetConfig(string path) => _root.Find(path) is { } node ? new Config(node) : null;

    [return: NotNullIfNotNull(nameof(@default))]
    public virtual string? GetString(string path, string? @default = null) => _root.Find(path) switch
    {
        null => @default,
        HoconScalar scalar => scalar.Text ?? @default,
        _ => throw new ConfigurationException($"The setting [{path}] is an object or a list where one value was expected"),
    };

    public virtual bool GetBoolean(string path, bool @default = false) => Parse(path, @default, static s => s switch
    {
        "on" or "true" or "yes" => true,
        "off" or "false" or "no" => false,
        _ => throw new FormatException($"'{s}' is not a boolean"),
    });

    public virtual int GetInt(string path, int @default = 0) => Parse(path, @default, static s => int.Parse(s, CultureInfo.InvariantCulture));
    public virtual long GetLong(string path, long @default = 0) => Parse(path, @default, static s => long.Parse(s, CultureInfo.InvariantCulture));
    public virtual double GetDouble(string path, double @default = 0) => Parse(path, @default, static s => double.Parse(s, CultureInfo.InvariantCulture));
    public virtual long? GetByteSize(string path) => Parse(path, null, static s => (long?)Units.ParseSize(s));

    public virtual TimeSpan GetTimeSpan(string path, TimeSpan? @default = null, bool allowInfinite = true) =>
        Parse(path, @default ?? TimeSpan.Zero, s => Units.ParseDuration(s, allowInfinite));

    public virtual IList<string> GetStringList(string path) => _root.Find(path) is HoconList list ? list.Items.ConvertAll(Print) : [];
    public override string ToString() => HoconPrinter.Print(_root);
    private static string Print(HoconNode node) => node is HoconScalar scalar ? scalar.Text ?? "" : HoconPrinter.Print(node);

    private T Parse<T>(string path, T @default, Func<string, T> convert)
    {
        try
        {
            return GetString(path) is { } text ? convert(text) : @default;
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            throw new ConfigurationException($"The setting [{path}] is malformed: {e.Message}", e);
        }
    }
}
