using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Akka.Actor;

/// <summary>
/// A place in the tree of actors. Paths are equal by address and names; the uid, which tells one incarnation of an actor at
/// the place from the next, counts only in the equality of references.
/// </summary>
public abstract class ActorPath : IEquatable<ActorPath>
{
    public const string ValidSymbols = "\"-_.*$+:@&=,!~';()";
    internal const long UndefinedUid = 0;
    private string? _elements;

    private protected ActorPath(Address address, string name, ActorPath? parent, long uid)
    {
        Address = address;
        Name = name;
        Parent = parent ?? this;
        Uid = uid;
        Depth = parent is null ? 0 : parent.Depth + 1;
    }

    public string Name { get; }
    public Address Address { get; }
    public long Uid { get; }
    public ActorPath Parent { get; }
    public int Depth { get; }

    public IReadOnlyList<string> Elements
    {
        get
        {
            var elements = new string[Depth];
            for (var path = this; path.Depth > 0; path = path.Parent)
            {
                elements[path.Depth - 1] = path.Name;
            }

            return elements;
        }
    }

    public static bool operator ==(ActorPath? left, ActorPath? right) => Equals(left, right);
    public static bool operator !=(ActorPath? left, ActorPath? right) => !Equals(left, right);
    public static ActorPath operator /(ActorPath path, string name) => new ChildActorPath(path, name, UndefinedUid);
    public static ActorPath operator /(ActorPath path, IEnumerable<string> name) => name.Aggregate(path, (p, n) => p / n);

    /// <summary>Letters, digits, the <see cref="ValidSymbols"/> and %-escapes; a leading '$' is for the names that the system makes up.</summary>
    public static bool IsValidPathElement(string s)
    {
        if (string.IsNullOrEmpty(s) || s[0] == '$')
        {
            return false;
        }

        for (var i = 0; i < s.Length; i++)
        {
            var escape = s[i] == '%' && i + 2 < s.Length && char.IsAsciiHexDigit(s[i + 1]) && char.IsAsciiHexDigit(s[i + 2]);
            if (!escape && !char.IsAsciiLetterOrDigit(s[i]) && !ValidSymbols.Contains(s[i], StringComparison.Ordinal))
            {
                return false;
            }
        }

        return true;
    }

    public static ActorPath Parse(string path) => TryParse(path, out var result) ? result : throw new UriFormatException($"[{path}] is not an actor path");

    public static bool TryParse(string path, [NotNullWhen(true)] out ActorPath? actorPath)
    {
        actorPath = null;
        var uid = UndefinedUid;
        if (!Address.TryParse(path, out var address, out var rest))
        {
            return false;
        }

        var hash = rest.IndexOf('#', StringComparison.Ordinal);
        if (hash >= 0 && !long.TryParse(rest.AsSpan(hash + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out uid))
        {
            return false;
        }

        ActorPath root = new RootActorPath(address);
        var names = (hash < 0 ? rest : rest[..hash]).Split('/', StringSplitOptions.RemoveEmptyEntries);
        actorPath = names.Length == 0 ? root : new ChildActorPath(root / names[..^1], names[^1], uid);
        return true;
    }

    public string ToStringWithoutAddress() => _elements ??= "/" + string.Join('/', Elements);
    public string ToSerializationFormat() => ToString() + UidSuffix;

    /// <summary>Takes the address given where the path has none that others can reach.</summary>
    public string ToSerializationFormatWithAddress(Address address) =>
        (Address.HasLocalScope ? address : Address) + ToStringWithoutAddress() + UidSuffix;

    public bool Equals(ActorPath? other)
    {
        if (other is null || Depth != other.Depth || Address != other.Address)
        {
            return false;
        }

        ActorPath left = this, right = other;
        while (!ReferenceEquals(left, right) && left.Depth > 0)
        {
            if (!string.Equals(left.Name, right.Name, StringComparison.Ordinal))
            {
                return false;
            }

            (left, right) = (left.Parent, right.Parent);
        }

        return true;
    }

    public override bool Equals(object? obj) => Equals(obj as ActorPath);
    public override int GetHashCode() => HashCode.Combine(Name.GetHashCode(StringComparison.Ordinal), Depth);
    public override string ToString() => Address + ToStringWithoutAddress();
    internal static long NewUid() => Random.Shared.NextInt64(1, int.MaxValue);
    private string UidSuffix => Uid == UndefinedUid ? "" : string.Create(CultureInfo.InvariantCulture, $"#{Uid}");
}

public sealed class RootActorPath(Address address, string name = "") : ActorPath(address, name, parent: null, UndefinedUid);

public sealed class ChildActorPath(ActorPath parentPath, string name, long uid) : ActorPath(parentPath.Address, name, parentPath, uid);
