namespace Akka.Actor;

public interface IStash
{
    void Stash();
    void Unstash();
    void UnstashAll();
}

public interface IActorStash
{
    IStash Stash { get; set; }
}

public interface IWithStash : IActorStash;

public interface IWithUnboundedStash : IActorStash;

/// <summary>Messages set aside. They return to the front of the mailbox in the order in which they were stashed.</summary>
internal sealed class Stash(ActorCell cell) : IStash
{
    private readonly Queue<Envelope> _stashed = new();
    private Envelope _last;

    void IStash.Stash()
    {
        var envelope = cell.CurrentEnvelope;
        if (envelope.Message is null)
        {
            throw new IllegalActorStateException("There is no message to stash");
        }

        if (_stashed.Count > 0 && ReferenceEquals(_last.Message, envelope.Message) && ReferenceEquals(_last.Sender, envelope.Sender))
        {
            throw new IllegalActorStateException($"Can't stash the same message {envelope.Message} more than once");
        }

        _last = envelope;
        _stashed.Enqueue(envelope);
    }

    public void Unstash()
    {
        if (_stashed.TryDequeue(out var first))
        {
            cell.Mailbox.Prepend([first]);
        }
    }

    public void UnstashAll()
    {
        cell.Mailbox.Prepend([.. _stashed]);
        _stashed.Clear();
    }
}
