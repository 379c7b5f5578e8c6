using Akka.Dispatch;
using Akka.Dispatch.SysMsg;

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
    private readonly Mailbox _mailbox;
    private Envelope _currentMessage;

    public ActorCell(ActorSystemImpl system, IInternalActorRef self, Props props, MessageDispatcher dispatcher, IInternalActorRef parent)
    {
        _system = system;
        _mailbox = new Mailbox(this, dispatcher);
        Dispatcher = dispatcher;
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
    public MessageDispatcher Dispatcher { get; }
    public ActorSystemImpl System => _system;
    public IActorRef Sender => _currentMessage.Sender ?? _system.DeadLetters;
    public Envelope CurrentEnvelope => _currentMessage;
    public bool IsCreating { get; private set; }
    public bool IsTerminated => _mailbox.IsClosed;
    public TimeSpan? ReceiveTimeout { get; private set; }
    IActorRef IActorContext.Self => Self;
    IActorRef IActorContext.Parent => Parent;
    ActorSystem IActorContext.System => _system;

    /// <summary>Lets the mailbox run: the first thing in it is to create the actor.</summary>
    public void Start() => _mailbox.Start();

    public void SendMessage(Envelope envelope) => _mailbox.Post(envelope);
    public void SendSystemMessage(ISystemMessage message) => _mailbox.PostSystem(message);

    public void Become(Receive receive)
    {
        UnbecomeStacked();
        _behaviors.Push(receive);
    }

    public void BecomeStacked(Receive receive) => _behaviors.Push(receive);
    public void Become(UntypedReceive receive) => Become(Handled(receive));
    public void BecomeStacked(UntypedReceive receive) => BecomeStacked(Handled(receive));

    /// <summary>The behaviour of the class itself is always the last, and stays.</summary>
    public void UnbecomeStacked()
    {
        if (_behaviors.Count > 1)
        {
            _behaviors.Pop();
        }
    }

    public ActorSelection ActorSelection(string path) => Akka.Actor.ActorSelection.Parse(path, _system.Provider, Self);
    public ActorSelection ActorSelection(ActorPath path) => Akka.Actor.ActorSelection.Of(path, _system.Provider);

    public void Invoke(Envelope envelope)
    {
        if (envelope.Message is TimerScheduler.TimerMessage timer)
        {
            if (_timers?.Accept(timer) is not { } content)
            {
                return;
            }

            envelope = new Envelope(content, envelope.Sender);
        }

        var timed = ReceiveTimeout.HasValue && envelope.Message is not INotInfluenceReceiveTimeout;
        _currentMessage = envelope;
        try
        {
            if (timed)
            {
                CancelReceiveTimeout();
            }

            AutoReceive(envelope.Message);
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

    private void ReceiveMessage(object message) => Actor!.InvokeReceive(_behaviors.Peek(), message);

    private void AutoReceive(object message)
    {
        switch (message)
        {
            case Terminated terminated:
                ReceivedTerminated(terminated);
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
                ReceiveMessage(message);
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
            throw e is ActorInitializationException ? e : new ActorInitializationException(Self, $"Exception during creation: {e.Message}", e);
        }
    }

    private void ClearActor()
    {
        Actor?.Clear(Self);
        Actor = null;
        _behaviors.Clear();
        _behaviors.Push(_ => false);
    }

    private void PublishError(Exception cause, string message) =>
        _system.EventStream.Publish(new Event.Error(cause, Self.Path.ToString(), Props.Type, message));
}
