using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Dispatch.SysMsg;
using Akka.Event;

namespace Akka.Dispatch;

/// <summary>
/// The two queues of an actor, and the flag that keeps them to one thread at a time. Anyone may post; only the run that holds the
/// flag takes out, suspends, resumes, prepends and closes.
/// </summary>
internal sealed class Mailbox(ActorCell cell, MessageDispatcher dispatcher) : IRunnable
{
    private const int Idle = 0;
    private const int Scheduled = 1;
    private readonly ConcurrentQueue<Envelope> _messages = new();

    // Whatever else comes, even before the start, comes after the creation.
    private readonly ConcurrentQueue<ISystemMessage> _systemMessages = new([new Create()]);

    /// <summary>What was put back in front, such as unstashed messages; the next is at the end.</summary>
    private readonly List<Envelope> _front = [];
    private int _status;
    private int _suspensions;
    private volatile bool _closed;
    public bool IsClosed => _closed;
    private bool HasWork => !_systemMessages.IsEmpty || (_suspensions == 0 && (_front.Count > 0 || !_messages.IsEmpty));
    public void Start() => TrySchedule();

    public void Post(in Envelope envelope)
    {
        if (_closed)
        {
            ToDeadLetters(envelope);
            return;
        }

        _messages.Enqueue(envelope);
        TrySchedule();
    }

    public void PostSystem(ISystemMessage message)
    {
        if (_closed)
        {
            ToDeadLetters(message);
            return;
        }

        _systemMessages.Enqueue(message);
        TrySchedule();
    }

    public void Prepend(Envelope[] envelopes) => _front.AddRange(envelopes.Reverse());

    public void Suspend() => _suspensions++;
    public void Resume() => _suspensions = Math.Max(0, _suspensions - 1);

    /// <summary>From here on everything is a dead letter, what is in the queues too.</summary>
    public void Close()
    {
        _closed = true;
        for (; _front.Count > 0; _front.RemoveAt(_front.Count - 1))
        {
            ToDeadLetters(_front[^1]);
        }

        Drain();
    }

    public void Execute() => Run();

    public void Run()
    {
        var before = cell.Enter();
        try
        {
            RunSystemMessages();
            RunMessages();
        }
        finally
        {
            ActorCell.Leave(before);
            // A full fence: whoever posted before it is seen below, whoever posts after it sees the flag down.
            Interlocked.Exchange(ref _status, Idle);
            if (_closed)
            {
                Drain();
            }
            else if (HasWork)
            {
                TrySchedule();
            }
        }
    }

    private void RunMessages()
    {
        for (var left = Math.Max(1, dispatcher.Throughput); left > 0 && _suspensions == 0 && !_closed && TryTake(out var envelope); left--)
        {
            cell.Invoke(envelope);
            RunSystemMessages();
        }
    }

    private void RunSystemMessages()
    {
        while (!_closed && _systemMessages.TryDequeue(out var message))
        {
            cell.SystemInvoke(message);
        }
    }

    private bool TryTake(out Envelope envelope)
    {
        if (_front.Count == 0)
        {
            return _messages.TryDequeue(out envelope);
        }

        envelope = _front[^1];
        _front.RemoveAt(_front.Count - 1);
        return true;
    }

    private void TrySchedule()
    {
        // The fence keeps the read of the flag after the enqueue: else both sides could believe that the other one goes on.
        Interlocked.MemoryBarrier();
        if (_closed)
        {
            Drain();
        }
        else if (_status == Idle && Interlocked.CompareExchange(ref _status, Scheduled, Idle) == Idle)
        {
            dispatcher.Execute(this);
        }
    }

    private void Drain()
    {
        while (_systemMessages.TryDequeue(out var message))
        {
            ToDeadLetters(message);
        }

        while (_messages.TryDequeue(out var envelope))
        {
            ToDeadLetters(envelope);
        }
    }

    private void ToDeadLetters(in Envelope envelope) =>
        cell.System.EventStream.Publish(AllDeadLetters.For(envelope.Message, envelope.Sender ?? cell.System.DeadLetters, cell.Self));

    private void ToDeadLetters(ISystemMessage message)
    {
        // Who watches the dead is told so, and does not wait for ever.
        if (message is Watch watch)
        {
            watch.Watcher.SendSystemMessage(new DeathWatchNotification(cell.Self, ExistenceConfirmed: true));
        }
    }
}
