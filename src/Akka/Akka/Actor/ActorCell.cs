using Akka.Dispatch;
using Akka.Dispatch.SysMsg;
using Akka.Event;

namespace Akka.Actor;

/// <summary>
/// What stands between a reference and the actor instance: mailbox, behaviours, children, watches and failure handling.
/// All but what is sent in from outside runs on the thread that currently runs the mailbox.
/// </summary>
internal sealed partial class ActorCell : IUntypedActorContext
{
    [ThreadStatic]
    private static ActorCell? _current;
    private readonly ActorSystemImpl _system;
    private readonly Stack<Receive> _behaviors = new();
    private readonly MessageDispatcher _dispatcher;
    private Envelope _currentMessage;
    private readonly Mailbox _mailbox;

    public ActorCell(ActorSystemImpl system, IInternalActorRef self, Props props, MessageDispatcher dispatcher, IInternalActorRef parent)
    {
        _system = system;
        _dispatcher = dispatcher;
        _mailbox = new Mailbox(this, dispatcher);
        dispatcher.Attach(this);
        Self = self;
        Props = props;
        Parent = parent;
    }

    public static ActorCell? Current => _current;
    public ActorBase? Actor { get; private set; }
    public IInternalActorRef Self { get; }
    public IInternalActorRef Parent { get; }
    public Props Props { get; }
    public Mailbox Mailbox => _mailbox;
    public MessageDispatcher Dispatcher => _dispatcher;
    public ActorSystem System => _system;
    public ActorSystemImpl SystemImpl => _system;
    public IActorRef Sender => _currentMessage.Sender ?? _system.DeadLetters;
    public Envelope CurrentEnvelope => _currentMessage;
    public bool IsCreating { get; private set; }
    public bool IsTerminated => _mailbox.IsClosed;
    public TimeSpan? ReceiveTimeout { get; private set; }
    IActorRef IActorContext.Self => Self;
    IActorRef IActorContext.Parent => Parent;

    /// <summary>Lets the mailbox run: the first thing in it is to create the actor.</summary>
    public void Start() => _mailbox.Start();

    public void SendMessage(Envelope envelope)
    {
        if (_system.Settings.SerializeAllMessages)
        {
            envelope = new Envelope(_system.Serialization.Copy(envelope.Message), envelope.Sender);
        }

        _mailbox.Post(envelope);
    }

    public void SendSystemMessage(ISystemMessage message) => _mailbox.PostSystem(message);

    public void Become(Receive receive)
    {
        if (_behaviors.Count > 1)
        {
            _behaviors.Pop();
        }

        _behaviors.Push(receive);
    }

    public void BecomeStacked(Receive receive) => _behaviors.Push(receive);
    public void Become(UntypedReceive receive) => Become(Handled(receive));
    public void BecomeStacked(UntypedReceive receive) => BecomeStacked(Handled(receive));

    public void UnbecomeStacked()
    {
        // The behaviour of the class itself is always the last.
        if (_behaviors.Count > 1)
        {
            _behaviors.Pop();
        }
    }

    public ActorSelection ActorSelection(string path) => SystemSelection.Parse(path, _system, Self);
    public ActorSelection ActorSelection(ActorPath path) => SystemSelection.Of(path, _system);

    public void Invoke(in Envelope envelope)
    {
        var timed = ReceiveTimeout.HasValue && envelope.Message is not INotInfluenceReceiveTimeout;
        _currentMessage = envelope;
        try
        {
            if (timed)
            {
                CancelReceiveTimeout();
            }

            if (envelope.Message is IAutoReceivedMessage)
            {
                AutoReceive(envelope);
            }
            else
            {
                ReceiveMessage(envelope.Message);
            }

            if (!_awaiting)
            {
                _currentMessage = default;
            }
        }
        catch (Exception e)
        {
            HandleInvokeFailure(e);
        }
        finally
        {
            if (timed)
            {
                ScheduleReceiveTimeout();
            }
        }
    }

    /// <summary>Handles a message on the caller's thread, past the mailbox and supervision: what the actor throws is thrown here.</summary>
    public void ReceiveMessageForTest(Envelope envelope)
    {
        var before = Enter();
        _currentMessage = envelope;
        try
        {
            ReceiveMessage(envelope.Message);
        }
        finally
        {
            _currentMessage = default;
            Leave(before);
        }
    }

    public void ReceiveMessage(object message)
    {
        if (message is TimerScheduler.TimerMessage timer)
        {
            if (_timers?.Accept(timer) is not { } content)
            {
                return;
            }

            message = content;
            if (message is IAutoReceivedMessage)
            {
                AutoReceive(new Envelope(message, Self));
                return;
            }
        }

        Actor!.InvokeReceive(_behaviors.Peek(), message);
    }

    public T InContext<T>(Func<T> action)
    {
        var before = _current;
        _current = this;
        try
        {
            return action();
        }
        finally
        {
            _current = before;
        }
    }

    /// <summary>Makes this cell the current one for the run of its mailbox; gives the one before.</summary>
    public ActorCell? Enter()
    {
        var before = _current;
        _current = this;
        return before;
    }

    public static void Leave(ActorCell? before) => _current = before;

    private static Receive Handled(UntypedReceive receive) => message =>
    {
        receive(message);
        return true;
    };

    private void AutoReceive(in Envelope envelope)
    {
        switch (envelope.Message)
        {
            case Terminated terminated:
                ReceivedTerminated(terminated);
                break;
            case AddressTerminated address:
                AddressTerminated(address.Address);
                break;
            case Kill:
                throw new ActorKilledException("Kill");
            case PoisonPill:
                Self.Stop();
                break;
            case ActorSelectionMessage selection:
                global::Akka.Actor.ActorSelection.Deliver(Self, Sender, selection);
                break;
            case Identify identify:
                Sender.Tell(new ActorIdentity(identify.MessageId, Self), Self);
                break;
            default:
                ReceiveMessage(envelope.Message);
                break;
        }
    }

    private void NewActor()
    {
        IsCreating = true;
        try
        {
            // The class's own behaviour is there before the constructor runs: what that becomes goes on top.
            _behaviors.Clear();
            _behaviors.Push(message => Actor!.InvokeBase(message));
            Actor = Props.NewActor();
            AttachPlugins(Actor);
        }
        finally
        {
            IsCreating = false;
        }
    }

    private void Create()
    {
        try
        {
            NewActor();
            Actor!.AroundPreStart();
            ScheduleReceiveTimeout();
        }
        catch (Exception e)
        {
            // What was half built must not be given PostStop or a restart hook.
            ClearActor();
            throw e is ActorInitializationException ? e : new ActorInitializationException(Self, $"Exception during creation: {e.Message}", Inner(e));
        }

        if (_system.Settings.DebugLifecycle)
        {
            Publish(new Debug(Self.Path.ToString(), Props.Type, "started (" + Props.Type.Name + ")"));
        }
    }

    private void ClearActor()
    {
        Actor?.Clear(Self);
        Actor = null;
        _behaviors.Clear();
        _behaviors.Push(_ => false);
    }

    private static Exception Inner(Exception e) => e is global::System.Reflection.TargetInvocationException { InnerException: { } inner } ? inner : e;
    private void Publish(LogEvent logEvent) => _system.EventStream.Publish(logEvent);
    private void PublishError(Exception cause, string message) => Publish(new Error(cause, Self.Path.ToString(), Props.Type, message));
}
