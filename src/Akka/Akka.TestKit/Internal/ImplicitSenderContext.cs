using Akka.Actor;

namespace Akka.TestKit.Internal;

/// <summary>
/// Makes the test actor the sender of what a test tells without naming one: on the test's thread, and, by standing in as its synchronization
/// context, on whatever thread goes on after an await.
/// </summary>
internal sealed class ImplicitSenderContext(ActorCell cell, SynchronizationContext? inner) : SynchronizationContext
{
    public static void Install(IActorRef testActor)
    {
        var cell = ((LocalActorRef)testActor).Cell;
        cell.Enter();
        SetSynchronizationContext(new ImplicitSenderContext(cell, Outer));
    }

    public static void Uninstall()
    {
        if (Current is ImplicitSenderContext)
        {
            ActorCell.Leave(null);
            SetSynchronizationContext(Outer);
        }
    }

    private static SynchronizationContext? Outer => Current is ImplicitSenderContext context ? context.Inner : Current;
    private SynchronizationContext? Inner => inner;
    public override void Post(SendOrPostCallback d, object? state) => (inner ?? new SynchronizationContext()).Post(_ => Run(d, state), null);
    public override void Send(SendOrPostCallback d, object? state) => Run(d, state);

    private void Run(SendOrPostCallback callback, object? state)
    {
        var before = cell.Enter();
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
