namespace Akka.Actor;

/// <summary>Makes references and resolves paths; what is remote is its business.</summary>
public interface IActorRefProvider
{
    IActorRef DeadLetters { get; }
    ActorPath RootPath { get; }
    Settings Settings { get; }
    Address DefaultAddress { get; }
    internal LocalActorRef RootGuardian { get; }
    internal LocalActorRef Guardian { get; }
    internal LocalActorRef SystemGuardian { get; }
    IActorRef ResolveActorRef(string path);
    IActorRef ResolveActorRef(ActorPath actorPath);
    IActorRef RootGuardianAt(Address address);
    ActorPath TempPath();
    void UnregisterTempActor(ActorPath path);
    internal void Init(ActorSystemImpl system);
    internal IInternalActorRef ActorOf(ActorSystemImpl system, Props props, IInternalActorRef supervisor, ActorPath path);
    internal void RegisterTempActor(IInternalActorRef actorRef, ActorPath path);
}
