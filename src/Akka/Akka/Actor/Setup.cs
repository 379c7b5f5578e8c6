using Akka.Util;

namespace Akka.Actor.Setup;

/// <summary>A part of how a system is set up from code.</summary>
public abstract class Setup
{
    public ActorSystemSetup And(Setup other) => ActorSystemSetup.Create(this, other);
}

public sealed class ActorSystemSetup
{
    public static readonly ActorSystemSetup Empty = new([]);
    private readonly Dictionary<Type, Setup> _setups;
    private ActorSystemSetup(Dictionary<Type, Setup> setups) => _setups = setups;
    public static ActorSystemSetup Create(params Setup[] setup) => setup.Aggregate(Empty, (all, s) => all.With(s));
    public Option<T> Get<T>() where T : Setup => _setups.TryGetValue(typeof(T), out var setup) ? new Option<T>((T)setup) : Option<T>.None;
    public ActorSystemSetup WithSetup<T>(T setup) where T : Setup => With(setup);
    public ActorSystemSetup And<T>(T setup) where T : Setup => With(setup);
    private ActorSystemSetup With(Setup setup) => new(new Dictionary<Type, Setup>(_setups) { [setup.GetType()] = setup });
}
