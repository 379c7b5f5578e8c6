using System.Collections;
using System.Collections.Immutable;
using System.Reflection;
using HarmonyDB.Raft;

namespace HarmonyDB.Model;

/// <summary>What of a member's state does not tell states apart, and why. Everything else does.</summary>
internal static class StructuralRules
{
    // Fields, or properties by their own name. Numbers that only name Readys, writes and questions: in each state those that are
    // outstanding stand in their order, and a number given out once is never compared with anything else.
    private static readonly string[] IgnoredMembers =
    [
        "RaftNode._readyNumber", "Durability.Number", "Pending.Number",
        "RaftNode._logReadId",
        // Counters for the operator.
        "RaftNode._dropped",
        // What times are relative to.
        "RaftNode.Now", "Member.Now",
    ];

    private static readonly HashSet<FieldInfo> Ignored = [.. IgnoredMembers.Select(Find)];

    /// <summary>Whether a field is left out.</summary>
    public static bool IsIgnored(FieldInfo field) => Ignored.Contains(field);

    /// <summary>Whether a type is left out: settings and code are the same in every state.</summary>
    public static bool IsIgnored(Type type) =>
        type == typeof(RaftOptions) || typeof(IConfigurationCodec).IsAssignableFrom(type) || typeof(Delegate).IsAssignableFrom(type) || type == typeof(Bounds);

    /// <summary>Whether a type is hashed by its items.</summary>
    /// <exception cref="NotSupportedException">Whether the order of its items means anything is not known here.</exception>
    public static bool IsCollection(Type type)
    {
        if (type == typeof(string) || !typeof(IEnumerable).IsAssignableFrom(type))
        {
            return false;
        }
        if (type.IsArray || IsUnordered(type) || IsOrdered(type))
        {
            return true;
        }
        // Collections that the compiler makes for a collection expression, and the empty ones of the framework.
        return typeof(IList).IsAssignableFrom(type) ? true : throw new NotSupportedException($"How is {type} to be hashed?");
    }

    /// <summary>Whether the order of the items means nothing.</summary>
    public static bool IsUnordered(Type type) =>
        type.IsGenericType && (type.GetGenericTypeDefinition() == typeof(Dictionary<,>) || type.GetGenericTypeDefinition() == typeof(HashSet<>));

    private static bool IsOrdered(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() is var definition
        && (definition == typeof(List<>) || definition == typeof(Queue<>) || definition == typeof(ImmutableArray<>)
            || definition == typeof(SortedDictionary<,>) || definition == typeof(SortedSet<>));

    // A name that is gone is an error: what took its place may have to be left out too.
    private static FieldInfo Find(string name)
    {
        var (typeName, memberName) = (name.Split('.')[0], name.Split('.')[1]);
        var type = typeof(RaftNode).Assembly.GetTypes().Concat(typeof(Member).Assembly.GetTypes()).SingleOrDefault(type => type.Name == typeName);
        const BindingFlags flags = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
        return type?.GetField(memberName, flags) ?? type?.GetField($"<{memberName}>k__BackingField", flags)
            ?? throw new InvalidOperationException($"There is no {name}; {nameof(StructuralRules)} must follow.");
    }
}
