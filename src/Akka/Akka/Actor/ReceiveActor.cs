namespace Akka.Actor;

/// <summary>An actor that declares handlers by message type; the first that fits and takes the message wins.</summary>
public abstract class ReceiveActor : UntypedActor
{
    private readonly HandlerList _initial = new();
    private HandlerList? _declaring;
    protected ReceiveActor() => _declaring = _initial;

    public override void AroundPreStart()
    {
        _declaring = null;
        base.AroundPreStart();
    }

    public override void AroundPostRestart(Exception cause, object message)
    {
        _declaring = null;
        base.AroundPostRestart(cause, message);
    }

    protected sealed override void OnReceive(object message)
    {
        if (!_initial.Handle(message))
        {
            Unhandled(message);
        }
    }

    protected void Become(Action configure) => base.Become(Declare(configure));
    protected void BecomeStacked(Action configure) => base.BecomeStacked(Declare(configure));

    protected void Receive<T>(Action<T> handler, Predicate<T>? shouldHandle = null) => Add(shouldHandle is null && typeof(T) == typeof(object), message =>
    {
        if (message is not T typed || (shouldHandle is not null && !shouldHandle(typed)))
        {
            return false;
        }

        handler(typed);
        return true;
    });

    protected void Receive<T>(Predicate<T> shouldHandle, Action<T> handler) => Receive(handler, shouldHandle);
    protected void Receive<T>(Func<T, bool> handler) => Add(takesEverything: false, message => message is T typed && handler(typed));

    protected void ReceiveAsync<T>(Func<T, Task> handler, Predicate<T>? shouldHandle = null) =>
        Receive<T>(message => RunTask(() => handler(message)), shouldHandle);

    protected void ReceiveAsync<T>(Predicate<T> shouldHandle, Func<T, Task> handler) => ReceiveAsync(handler, shouldHandle);
    protected void ReceiveAny(Action<object> handler) => Receive<object>(handler);
    protected void ReceiveAnyAsync(Func<object, Task> handler) => ReceiveAsync<object>(handler);

    private Receive Declare(Action configure)
    {
        var outer = _declaring;
        var handlers = _declaring = new HandlerList();
        try
        {
            configure();
        }
        finally
        {
            _declaring = outer;
        }

        return handlers.Handle;
    }

    private void Add(bool takesEverything, Func<object, bool> handler)
    {
        var handlers = _declaring ?? throw new InvalidOperationException("Receive methods may be called only in the constructor and within Become");
        handlers.Add(handler, takesEverything);
    }

    private sealed class HandlerList
    {
        private Func<object, bool>[] _handlers = [];
        private bool _closed;

        public void Add(Func<object, bool> handler, bool takesEverything)
        {
            if (_closed)
            {
                throw new InvalidOperationException("A handler of all messages has been declared already: this one could never be reached");
            }

            _handlers = [.. _handlers, handler];
            _closed = takesEverything;
        }

        public bool Handle(object message)
        {
            foreach (var handler in _handlers)
            {
                if (handler(message))
                {
                    return true;
                }
            }

            return false;
        }
    }
}
