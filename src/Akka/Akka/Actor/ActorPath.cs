using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Akka.Actor;

/// <summary>
/// A place in the tree of actors. Paths are equal by address and names; the uid, which tells one incarnation of an actor at
/// the place from the next, counts only in the equality of references.
/// </summary>
public abstract class ActorPath : IEquatable<ActorPath>, IComparable<ActorPath>
{
    public const string ValidSymbols = "\"-_.*$+:@&=,!~';()";
    internal const long UndefinedUid = 0;
    private string? _elements;

    protected ActorPath(Address address, string name)
    {
        Address = address;
        Name = name;
        Parent = this;
    }

    protected ActorPath(ActorPath parentPath, string name, long uid)
    {
        Address = parentPath.Address;
        Parent = parentPath;
        Name = name;
        Uid = uid;
        Depth = parentPath.Depth + 1;
    }

    public string Name { get; }
    public Address Address { get; }
    public long Uid { get; }
    public ActorPath Parent { get; }
    public int Depth { get; }
    public ActorPath Root => ParentOf(0);

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
    public static ActorPath operator /(ActorPath path, string name) => path.Child(name);
    public static ActorPath operator /(ActorPath path, IEnumerable<string> name) => name.Aggregate(path, (p, n) => n.Length == 0 ? p : p.Child(n));

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

    public static string FormatPathElements(IEnumerable<string> pathElements) => "/" + string.Join('/', pathElements);
    public static ActorPath Parse(string path) => TryParse(path, out var result) ? result : throw new UriFormatException($"[{path}] is not an actor path");

    public static bool TryParse(string path, [NotNullWhen(true)] out ActorPath? actorPath)
    {
        actorPath = null;
        return Address.TryParse(path, out var address, out var rest) && TryParse(new RootActorPath(address), rest, out actorPath);
    }

    public static bool TryParse(ActorPath basePath, string absoluteUri, [NotNullWhen(true)] out ActorPath? actorPath)
    {
        actorPath = null;
        var uid = UndefinedUid;
        var hash = absoluteUri.IndexOf('#', StringComparison.Ordinal);
        if (hash >= 0 && !long.TryParse(absoluteUri.AsSpan(hash + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out uid))
        {
            return false;
        }

        var names = (hash < 0 ? absoluteUri : absoluteUri[..hash]).Split('/', StringSplitOptions.RemoveEmptyEntries);
        var path = basePath;
        for (var i = 0; i < names.Length; i++)
        {
            path = new ChildActorPath(path, names[i], i == names.Length - 1 ? uid : UndefinedUid);
        }

        actorPath = path;
        return true;
    }

    public static bool TryParseAddress(string path, [NotNullWhen(true)] out Address? address) => Address.TryParse(path, out address, out _);

    public ActorPath Child(string childName) => childName.IndexOf('#', StringComparison.Ordinal) is >= 0 and var hash
        ? new ChildActorPath(this, childName[..hash], long.Parse(childName.AsSpan(hash + 1), CultureInfo.InvariantCulture))
        : new ChildActorPath(this, childName, UndefinedUid);

    public ActorPath ParentOf(int depth)
    {
        // A negative depth counts from this path upwards.
        var target = depth >= 0 ? depth : Depth + depth;
        var path = this;
        while (path.Depth > target && path.Depth > 0)
        {
            path = path.Parent;
        }

        return path;
    }

    public ActorPath WithUid(long uid) => uid == Uid || Depth == 0 ? this : new ChildActorPath(Parent, Name, uid);
    public string ToStringWithoutAddress() => _elements ??= FormatPathElements(Elements);
    public string ToStringWithAddress() => ToStringWithAddress(Address);
    public string ToStringWithAddress(Address address) => (Address.Host is null ? address : Address) + ToStringWithoutAddress();
    public string ToStringWithUid() => ToStringWithAddress() + UidSuffix;
    public string ToSerializationFormat() => ToStringWithUid();
    public string ToSerializationFormatWithAddress(Address address) => ToStringWithAddress(address) + UidSuffix;

    public bool Equals(ActorPath? other)
    {
        if (ReferenceEquals(this, other))
        {
            return true;
        }

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
    public int CompareTo(ActorPath? other) => string.CompareOrdinal(ToStringWithAddress(), other?.ToStringWithAddress());
    public override string ToString() => ToStringWithAddress();
    internal static long NewUid() => Random.Shared.NextInt64(1, int.MaxValue);
    private string UidSuffix => Uid == UndefinedUid ? "" : string.Create(CultureInfo.InvariantCulture, $"#{Uid}");
}

public sealed class RootActorPath : ActorPath
{
    public RootActorPath(Address address, string name = "") : base(address, name) { }
}

public sealed class ChildActorPath : ActorPath
{
    public ChildActorPath(ActorPath parentPath, string name, long uid) : base(parentPath, name, uid) { }
}
