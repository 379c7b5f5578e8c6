using Akka.Actor;

namespace Akka.TestKit.Internal;

/// <summary>
/// Makes the test actor the sender of what a test tells without naming one: on the test's thread, and, by standing in as its synchronization
/// context, on whatever thread goes on after an await.
/// </summary>
internal sealed class ImplicitSenderContext : SynchronizationContext
{
    private readonly ActorCell _cell;
    private readonly SynchronizationContext? _inner;

    private ImplicitSenderContext(ActorCell cell, SynchronizationContext? inner)
    {
        _cell = cell;
        _inner = inner;
    }

    public static void Install(IActorRef testActor)
    {
        var cell = ((LocalActorRef)testActor).Cell;
        cell.Enter();
        SetSynchronizationContext(new ImplicitSenderContext(cell, (Current as ImplicitSenderContext)?._inner ?? Current));
    }

    public static void Uninstall()
    {
        if (Current is ImplicitSenderContext context)
        {
            ActorCell.Leave(null);
            SetSynchronizationContext(context._inner);
        }
    }

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (_inner is null)
        {
            ThreadPool.QueueUserWorkItem(_ => Run(d, state));
        }
        else
        {
            _inner.Post(_ => Run(d, state), null);
        }
    }

    public override void Send(SendOrPostCallback d, object? state) => Run(d, state);

    private void Run(SendOrPostCallback callback, object? state)
    {
        var before = _cell.Enter();
        var contextBefore = Current;
        SetSynchronizationContext(this);
        try
        {
            callback(state);
        }
        finally
        {
            SetSynchronizationContext(contextBefore);
            ActorCell.Leave(before);
        }
    }
}
