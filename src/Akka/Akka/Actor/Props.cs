using System.Linq.Expressions;
using Akka.Dispatch;
using Akka.Util;

namespace Akka.Actor;

/// <summary>How to create an actor: its type, the arguments of its constructor, its dispatcher. Immutable.</summary>
public class Props
{
    private Props(Type type, object[] args) => (Type, Arguments) = (type, args);

    private Props(Props copy) : this(copy.Type, copy.Arguments) => (Dispatcher, SupervisorStrategy) = (copy.Dispatcher, copy.SupervisorStrategy);

    public Type Type { get; }
    public object[] Arguments { get; }
    public string Dispatcher { get; private init; } = Dispatchers.DefaultDispatcherId;

    /// <summary>Used when the actor itself overrides none.</summary>
    public SupervisorStrategy? SupervisorStrategy { get; private init; }

    /// <summary>
    /// Takes the constructor call apart, which must be the whole expression. Its arguments are computed now, once; each
    /// restart gets the same ones.
    /// </summary>
    public static Props Create<TActor>(Expression<Func<TActor>> factory, SupervisorStrategy? supervisorStrategy = null) where TActor : ActorBase
    {
        if (factory.Body is not NewExpression call)
        {
            throw new ArgumentException("The factory must be a constructor call, such as () => new MyActor(argument)", nameof(factory));
        }

        return new Props(call.Type, [.. call.Arguments.Select(Evaluate)]) { SupervisorStrategy = supervisorStrategy };
    }

    public static Props Create<TActor>(params object[] args) where TActor : ActorBase => new(typeof(TActor), args);

    public static Props Create(Type type, params object[] args) => typeof(ActorBase).IsAssignableFrom(type)
        ? new Props(type, args)
        : throw new ArgumentException($"{type} is not an actor", nameof(type));

    public Props WithDispatcher(string dispatcher) => new(this) { Dispatcher = dispatcher };
    public Props WithSupervisorStrategy(SupervisorStrategy supervisorStrategy) => new(this) { SupervisorStrategy = supervisorStrategy };
    internal ActorBase NewActor() => TypeNames.Create<ActorBase>(Type, Arguments);

    private static object Evaluate(Expression argument) =>
        Expression.Lambda<Func<object>>(Expression.Convert(argument, typeof(object))).Compile(preferInterpretation: true)();
}
