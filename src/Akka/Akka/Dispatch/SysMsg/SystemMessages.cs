using Akka.Actor;

namespace Akka.Dispatch.SysMsg;

/// <summary>What cells say to each other; handled before user messages, even by a suspended actor.</summary>
internal interface ISystemMessage;

/// <summary>A system message that waits until the children whose stopping a restart began with are gone.</summary>
internal interface IWaitsForChildren : ISystemMessage;

internal sealed record Create : ISystemMessage;

internal sealed record Recreate(Exception Cause) : IWaitsForChildren;

internal sealed record Suspend : IWaitsForChildren;

internal sealed record Resume(Exception? CausedByFailure) : IWaitsForChildren;

internal sealed record Terminate : ISystemMessage;

internal sealed record Failed(IActorRef Child, Exception Cause) : IWaitsForChildren;

internal sealed record Watch(IInternalActorRef Watchee, IInternalActorRef Watcher) : ISystemMessage;

internal sealed record Unwatch(IInternalActorRef Watchee, IInternalActorRef Watcher) : ISystemMessage;

internal sealed record DeathWatchNotification(IActorRef Actor, bool ExistenceConfirmed) : ISystemMessage;

/// <summary>The rest of an asynchronous handler, to be run in the actor it belongs to.</summary>
internal sealed record Continuation(SendOrPostCallback Callback, object? State) : ISystemMessage;
