namespace Akka.Actor;

/// <summary>Makes references and resolves paths; what is remote is its business.</summary>
public interface IActorRefProvider
{
    IActorRef DeadLetters { get; }
    IActorRef IgnoreRef { get; }
    ActorPath RootPath { get; }
    Settings Settings { get; }
    Address DefaultAddress { get; }
    Task TerminationTask { get; }
    internal LocalActorRef RootGuardian { get; }
    internal LocalActorRef Guardian { get; }
    internal LocalActorRef SystemGuardian { get; }
    internal IInternalActorRef TempContainer { get; }

    /// <summary>The address under which the other one can reach this system; null if it cannot.</summary>
    Address? GetExternalAddressFor(Address address);
    IActorRef ResolveActorRef(string path);
    IActorRef ResolveActorRef(ActorPath actorPath);
    IActorRef RootGuardianAt(Address address);
    ActorPath TempPath();
    void UnregisterTempActor(ActorPath path);
    internal void Init(ActorSystemImpl system);
    internal IInternalActorRef ActorOf(ActorSystemImpl system, Props props, IInternalActorRef supervisor, ActorPath path, bool systemService);
    internal void RegisterTempActor(IInternalActorRef actorRef, ActorPath path);
}
