using System.Linq.Expressions;
using System.Reflection;
using Akka.Dispatch;
using Akka.Util;

namespace Akka.Actor;

/// <summary>How to create an actor: its type, the arguments of its constructor, its dispatcher. Immutable.</summary>
public class Props
{
    public Props(Type type) : this(type, []) { }

    public Props(Type type, object[] args)
    {
        Type = type;
        Arguments = args;
    }

    protected Props(Props copy)
    {
        Type = copy.Type;
        Arguments = copy.Arguments;
        Dispatcher = copy.Dispatcher;
        SupervisorStrategy = copy.SupervisorStrategy;
    }

    public Type Type { get; }
    public object[] Arguments { get; }
    public string Dispatcher { get; private set; } = Dispatchers.DefaultDispatcherId;

    /// <summary>Used when the actor itself overrides none.</summary>
    public SupervisorStrategy? SupervisorStrategy { get; protected set; }

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

    public static Props Create<TActor>(SupervisorStrategy supervisorStrategy) where TActor : ActorBase, new() =>
        new(typeof(TActor)) { SupervisorStrategy = supervisorStrategy };

    public static Props Create(Type type, params object[] args) => typeof(ActorBase).IsAssignableFrom(type)
        ? new Props(type, args)
        : throw new ArgumentException($"{type} is not an actor", nameof(type));

    public Props WithDispatcher(string dispatcher)
    {
        var copy = Copy();
        copy.Dispatcher = dispatcher;
        return copy;
    }

    public Props WithSupervisorStrategy(SupervisorStrategy supervisorStrategy)
    {
        var copy = Copy();
        copy.SupervisorStrategy = supervisorStrategy;
        return copy;
    }

    public virtual ActorBase NewActor() => TypeNames.Create<ActorBase>(Type, Arguments);
    protected virtual Props Copy() => new(this);

    private static object Evaluate(Expression argument) => argument switch
    {
        ConstantExpression constant => constant.Value!,
        MemberExpression { Expression: ConstantExpression owner, Member: FieldInfo field } => field.GetValue(owner.Value)!,
        _ => Expression.Lambda<Func<object>>(Expression.Convert(argument, typeof(object))).Compile(preferInterpretation: true)(),
    };
}
