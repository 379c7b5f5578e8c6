using System.Linq.Expressions;
using System.Reflection;

namespace HarmonyDB.Model;

/// <summary>How a type's objects are hashed: compiled once from its fields.</summary>
internal sealed class StructuralContent
{
    private static readonly Dictionary<Type, StructuralContent> Known = [];

    private StructuralContent(Type type)
    {
        // A list and an array of the same items are alike.
        TypeCode = StructuralRules.IsCollection(type) ? 1 : (ulong)Known.Count + 2;
        // Values and records are what they hold; anything else is a part of the state with an identity, and may lead back to where it is held.
        HasIdentity = !type.IsValueType && type != typeof(string) && !StructuralRules.IsCollection(type) && type.GetMethod("<Clone>$") is null;
    }

    /// <summary>Tells objects of different types apart.</summary>
    public ulong TypeCode { get; }

    /// <summary>Whether the object is met once and then referred to.</summary>
    public bool HasIdentity { get; }

    /// <summary>Adds what an object of the type holds.</summary>
    public Action<object, StructuralHash> Add { get; private set; } = static (_, _) => throw new InvalidOperationException("Not compiled yet.");

    /// <summary>That of a type.</summary>
    public static StructuralContent Of(Type type)
    {
        if (!Known.TryGetValue(type, out var content))
        {
            content = new StructuralContent(type);
            Known.Add(type, content);
            content.Add = Compile(type);
        }
        return content;
    }

    private static Action<object, StructuralHash> Compile(Type type)
    {
        var value = Expression.Parameter(typeof(object));
        var hash = Expression.Parameter(typeof(StructuralHash));
        return Expression.Lambda<Action<object, StructuralHash>>(Content(Expression.Convert(value, type), hash), value, hash).Compile();
    }

    // A static type that is a value is hashed in place; anything else by the type that the object turns out to have.
    private static Expression AddValue(Expression value, Expression hash) =>
        value.Type.IsValueType ? Content(value, hash) : Expression.Call(hash, nameof(StructuralHash.AddObject), null, Expression.Convert(value, typeof(object)));

    private static Expression Content(Expression value, Expression hash)
    {
        var type = value.Type;
        if (StructuralRules.IsIgnored(type))
        {
            return Expression.Empty();
        }
        if (type == typeof(TimeSpan) || type == typeof(ReadOnlyMemory<byte>) || type == typeof(string))
        {
            return Expression.Call(hash, nameof(StructuralHash.Add), null, value);
        }
        if (type == typeof(bool))
        {
            return AddNumber(Expression.Condition(value, Expression.Constant(1UL), Expression.Constant(0UL)), hash);
        }
        if (type.IsPrimitive || type.IsEnum)
        {
            return AddNumber(Expression.Convert(type.IsEnum ? Expression.Convert(value, Enum.GetUnderlyingType(type)) : value, typeof(ulong)), hash);
        }
        return StructuralRules.IsCollection(type) ? Items(value, hash) : Fields(value, hash);
    }

    private static MethodCallExpression AddNumber(Expression number, Expression hash) => Expression.Call(hash, nameof(StructuralHash.Add), null, number);

    private static BlockExpression Fields(Expression value, Expression hash)
    {
        var parts = new List<Expression>();
        // The value is read once, or a struct would be copied out of its object for every field.
        var local = Expression.Variable(value.Type);
        parts.Add(Expression.Assign(local, value));
        for (var type = value.Type; type is not null && type != typeof(object) && type != typeof(ValueType); type = type.BaseType)
        {
            var fields = type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly);
            foreach (var field in fields.Where(field => !StructuralRules.IsIgnored(field)).OrderBy(field => field.Name, StringComparer.Ordinal))
            {
                parts.Add(AddValue(Expression.Field(local, field), hash));
            }
        }
        parts.Add(Expression.Empty());
        return Expression.Block([local], parts);
    }

    private static MethodCallExpression Items(Expression value, Expression hash)
    {
        var itemType = value.Type.GetInterfaces().Append(value.Type)
            .First(type => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IEnumerable<>)).GetGenericArguments()[0];
        var item = Expression.Parameter(itemType);
        var itemHash = Expression.Parameter(typeof(StructuralHash));
        var addItem = Expression.Lambda(
            typeof(Action<,>).MakeGenericType(itemType, typeof(StructuralHash)), Expression.Block(AddValue(item, itemHash), Expression.Empty()), item, itemHash);
        var items = Expression.Convert(value, typeof(IEnumerable<>).MakeGenericType(itemType));
        if (StructuralRules.IsUnordered(value.Type))
        {
            return Expression.Call(hash, nameof(StructuralHash.AddUnordered), [itemType], items, Expression.Constant(addItem.Compile()));
        }
        return Expression.Call(typeof(StructuralContent), nameof(AddOrdered), [itemType], items, hash, Expression.Constant(addItem.Compile()));
    }

    private static void AddOrdered<T>(IEnumerable<T> items, StructuralHash hash, Action<T, StructuralHash> add)
    {
        var count = 0UL;
        if (items is T[] array)
        {
            foreach (var item in array)
            {
                add(item, hash);
            }
            hash.Add((ulong)array.Length);
            return;
        }
        foreach (var item in items)
        {
            add(item, hash);
            count++;
        }
        hash.Add(count);
    }
}
