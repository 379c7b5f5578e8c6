using Akka.Configuration;

namespace Akka.Util;

/// <summary>Types that a configuration names: <c>Namespace.Type, Assembly</c>.</summary>
internal static class TypeNames
{
    public static Type Load(string name, string setting) =>
        Type.GetType(name, throwOnError: false) ?? throw new ConfigurationException($"{setting} names the type [{name}], which cannot be loaded");

    /// <summary>Creates an instance by the constructor that fits the arguments, be it internal.</summary>
    public static T Create<T>(Type type, params object?[] args)
    {
        const System.Reflection.BindingFlags Constructors =
            System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.Public | System.Reflection.BindingFlags.NonPublic;
        try
        {
            return (T)Activator.CreateInstance(type, Constructors, binder: null, args, culture: null)!;
        }
        catch (System.Reflection.TargetInvocationException e) when (e.InnerException is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(e.InnerException);
            throw;
        }
    }

    public static string Of(Type type) => $"{type.FullName}, {type.Assembly.GetName().Name}";
}
