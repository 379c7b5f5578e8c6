using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Akka.Actor;

/// <summary>Where an actor system is: <c>akka.tcp://system@host:port</c>, or <c>akka://system</c> when it has no network address.</summary>
public sealed class Address : IEquatable<Address>
{
    public static readonly Address AllSystems = new("akka", "all-systems");
    private readonly string _text;

    public Address(string protocol, string system, string? host = null, int? port = null)
    {
        Protocol = protocol;
        System = system;
        // Host names compare without regard to case.
        Host = host?.ToLowerInvariant();
        Port = port;
        _text = Host is null ? $"{Protocol}://{System}" : string.Create(CultureInfo.InvariantCulture, $"{Protocol}://{System}@{Host}:{Port}");
    }

    public string Protocol { get; }
    public string System { get; }
    public string? Host { get; }
    public int? Port { get; }
    public bool HasLocalScope => Host is null;
    public static bool operator ==(Address? left, Address? right) => Equals(left, right);
    public static bool operator !=(Address? left, Address? right) => !Equals(left, right);

    public static Address Parse(string address) =>
        TryParse(address, out var result) ? result : throw new UriFormatException($"[{address}] is not an address");

    public static bool TryParse(string path, [NotNullWhen(true)] out Address? address) => TryParse(path, out address, out var rest) && rest is "" or "/";

    public static bool TryParse(string path, [NotNullWhen(true)] out Address? address, [NotNullWhen(true)] out string? absolutUri)
    {
        address = null;
        absolutUri = null;
        var scheme = path.IndexOf("://", StringComparison.Ordinal);
        if (scheme <= 0 || !path.StartsWith("akka", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var slash = path.IndexOf('/', scheme + 3);
        var authority = slash < 0 ? path[(scheme + 3)..] : path[(scheme + 3)..slash];
        var at = authority.IndexOf('@', StringComparison.Ordinal);
        absolutUri = slash < 0 ? "/" : path[slash..];
        if (at < 0)
        {
            address = authority.Length == 0 || authority.Contains(':', StringComparison.Ordinal) ? null : new Address(path[..scheme], authority);
            return address is not null;
        }

        // The colon of the port is the last one: an IPv6 host has its own, within brackets.
        var colon = authority.LastIndexOf(':');
        if (at == 0 || colon <= at + 1 || !ushort.TryParse(authority.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            return false;
        }

        address = new Address(path[..scheme], authority[..at], authority[(at + 1)..colon], port);
        return true;
    }

    public string HostPort() => _text[(Protocol.Length + 3)..];
    public bool Equals(Address? other) => other is not null && string.Equals(_text, other._text, StringComparison.Ordinal);
    public override bool Equals(object? obj) => Equals(obj as Address);
    public override int GetHashCode() => _text.GetHashCode(StringComparison.Ordinal);
    public override string ToString() => _text;
}
