using System.Globalization;
using System.Net;
using System.Text;
using Akka.Configuration;
using Hocon;

namespace HarmonyDB.Configuration;

/// <summary>Reads typed settings and gathers every problem, so that an operator sees all of them at once.</summary>
internal sealed class SettingsReader
{
    private const int NameBytesMaximum = 64;

    private readonly Config _config;

    public SettingsReader(Config config)
    {
        _config = config;
    }

    public List<string> Problems { get; } = [];

    public string Text(string path) => Read(path, () => _config.GetString(path) ?? "", "");

    public bool Switch(string path) => Read(path, () => _config.GetBoolean(path), false);

    public int Number(string path, int minimum, int maximum) =>
        (int)InRange(path, Read(path, () => _config.GetLong(path), minimum), minimum, maximum, v => $"{v}");

    public long Bytes(string path, long minimum, long maximum) =>
        InRange(path, Read(path, () => _config.GetByteSize(path) ?? 0, minimum), minimum, maximum, FormatBytes);

    public TimeSpan Duration(string path, TimeSpan minimum, TimeSpan maximum)
    {
        TimeSpan value = Read(path, () => _config.GetTimeSpan(path, allowInfinite: false), minimum);
        long ticks = InRange(path, value.Ticks, minimum.Ticks, maximum.Ticks, t => $"{TimeSpan.FromTicks(t).TotalMilliseconds}ms");
        return TimeSpan.FromTicks(ticks);
    }

    /// <summary>A <c>host:port</c> pair, checked but not resolved.</summary>
    public bool TryEndpoint(string path, string text, out DnsEndPoint endpoint)
    {
        int colon = text.LastIndexOf(':');
        if (colon > 0 && int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port)
            && port is > 0 and <= ushort.MaxValue && Uri.CheckHostName(text[..colon].Trim('[', ']')) != UriHostNameType.Unknown)
        {
            endpoint = new DnsEndPoint(text[..colon].Trim('[', ']'), port);
            return true;
        }

        Problems.Add($"{path} is \"{text}\"; it must be host:port, such as \"127.0.0.1:4053\".");
        endpoint = new DnsEndPoint("localhost", 1);
        return false;
    }

    /// <summary>The members of the configured list. What is wrong with one is a problem that names its place.</summary>
    public IReadOnlyList<MemberSettings> Members(string path)
    {
        var members = new List<MemberSettings>();
        Read(path, () => AddMembers(path, members), false);
        return members;
    }

    private bool AddMembers(string path, List<MemberSettings> members)
    {
        HoconValue value = HoconParser.Parse(_config.ToString()).GetValue(path);
        foreach (HoconValue item in value.GetArray())
        {
            string place = $"{path}[{members.Count}]";
            HoconObject fields = item.GetObject();
            foreach (string key in fields.Keys.Except(["name", "raft-address", "client-urls"]))
            {
                Problems.Add($"{place}.{key} is not a setting; a member has name, raft-address and client-urls.");
            }

            string name = fields.TryGetField("name", out HoconField? nameField) ? nameField.Value.GetString() : "";
            string address = fields.TryGetField("raft-address", out HoconField? addressField) ? addressField.Value.GetString() : "";
            string[] urls = fields.TryGetField("client-urls", out HoconField? urlsField) ? [.. urlsField.Value.GetArray().Select(u => u.GetString())] : [];
            if (Encoding.UTF8.GetByteCount(name) is 0 or > NameBytesMaximum || name.Any(char.IsControl))
            {
                Problems.Add($"{place}.name is \"{name}\"; it must have 1 to {NameBytesMaximum} bytes of UTF-8 and no control characters.");
            }

            if (TryEndpoint($"{place}.raft-address", address, out DnsEndPoint endpoint) && IsAnyAddress(endpoint.Host))
            {
                Problems.Add($"{place}.raft-address is \"{address}\"; it must be an address that peers can reach this member at.");
            }

            foreach (string url in urls)
            {
                if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https"))
                {
                    Problems.Add($"{place}.client-urls has \"{url}\"; it must be a URL such as \"http://127.0.0.1:2379\".");
                }
            }

            // An IPv6 address needs its brackets before a port.
            string host = endpoint.Host.Contains(':') ? $"[{endpoint.Host}]" : endpoint.Host;
            members.Add(new MemberSettings(name, $"{host}:{endpoint.Port}", urls));
        }

        return true;
    }

    /// <summary>Whether peers could reach a member at this <c>host:port</c>.</summary>
    internal static bool IsPeerAddress(string text)
    {
        int colon = text.LastIndexOf(':');
        return colon > 0 && int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port is > 0 and <= ushort.MaxValue
            && Uri.CheckHostName(text[..colon].Trim('[', ']')) != UriHostNameType.Unknown && !IsAnyAddress(text[..colon].Trim('[', ']'));
    }

    private static bool IsAnyAddress(string host) =>
        IPAddress.TryParse(host, out IPAddress? address) && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any));

    private T Read<T>(string path, Func<T> read, T instead)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Problems.Add($"{path} cannot be read: {e.Message}");
            return instead;
        }
    }

    private long InRange(string path, long value, long minimum, long maximum, Func<long, string> format)
    {
        if (value >= minimum && value <= maximum)
        {
            return value;
        }

        Problems.Add($"{path} is {format(value)}; it must be from {format(minimum)} to {format(maximum)}.");
        return minimum;
    }

    private static string FormatBytes(long bytes) => bytes switch
    {
        >= 1 << 30 when bytes % (1 << 30) == 0 => $"{bytes >> 30}GiB",
        >= 1 << 20 when bytes % (1 << 20) == 0 => $"{bytes >> 20}MiB",
        >= 1 << 10 when bytes % (1 << 10) == 0 => $"{bytes >> 10}KiB",
        _ => $"{bytes}B",
    };
}
