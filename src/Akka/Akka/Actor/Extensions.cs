using Akka.Util;

namespace Akka.Actor;

/// <summary>One per actor system, made when first asked for.</summary>
public interface IExtension;

public interface IExtensionId
{
    Type ExtensionType { get; }
    object CreateExtension(ExtendedActorSystem system);
}

public abstract class ExtensionIdProvider<T> : IExtensionId where T : IExtension
{
    public Type ExtensionType => typeof(T);
    public T Apply(ActorSystem system) => (T)system.RegisterExtension(this);
    public T Get(ActorSystem system) => Apply(system);
    public abstract T CreateExtension(ExtendedActorSystem system);
    object IExtensionId.CreateExtension(ExtendedActorSystem system) => CreateExtension(system);
}

public static class ActorSystemWithExtensions
{
    public static T WithExtension<T, TI>(this ActorSystem system) where T : class, IExtension where TI : IExtensionId =>
        (T)system.RegisterExtension(TypeNames.Create<IExtensionId>(typeof(TI)));
}
