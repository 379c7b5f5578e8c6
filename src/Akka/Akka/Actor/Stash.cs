namespace Akka.Actor;

public interface IStash
{
    int Count { get; }
    bool IsEmpty { get; }
    bool NonEmpty { get; }
    bool IsFull { get; }

    /// <summary>-1: without bound.</summary>
    int Capacity { get; }
    void Stash();
    void Unstash();
    void UnstashAll();
    void UnstashAll(Func<Envelope, bool> predicate);
    IEnumerable<Envelope> ClearStash();
    void Prepend(IEnumerable<Envelope> envelopes);
}

public interface IActorStash
{
    IStash Stash { get; set; }
}

public interface IWithUnrestrictedStash : IActorStash;

public interface IWithStash : IWithUnrestrictedStash;

public interface IWithUnboundedStash : IWithUnrestrictedStash;

/// <summary>Messages set aside. They return to the front of the mailbox in the order in which they were stashed.</summary>
internal sealed class Stash(ActorCell cell) : IStash
{
    private readonly LinkedList<Envelope> _stashed = new();
    private object? _last;
    public int Count => _stashed.Count;
    public bool IsEmpty => Count == 0;
    public bool NonEmpty => Count > 0;
    public bool IsFull => false;
    public int Capacity => -1;

    void IStash.Stash()
    {
        var envelope = cell.CurrentEnvelope;
        if (envelope.Message is null)
        {
            throw new IllegalActorStateException("There is no message to stash");
        }

        if (ReferenceEquals(_last, envelope.Message) && _stashed.Last is { } last && ReferenceEquals(last.Value.Sender, envelope.Sender))
        {
            throw new IllegalActorStateException($"Can't stash the same message {envelope.Message} more than once");
        }

        _last = envelope.Message;
        _stashed.AddLast(envelope);
    }

    public void Unstash()
    {
        if (_stashed.First is { } first)
        {
            _stashed.RemoveFirst();
            cell.Mailbox.Prepend([first.Value]);
        }
    }

    public void UnstashAll() => UnstashAll(static _ => true);
    public void UnstashAll(Func<Envelope, bool> predicate) => cell.Mailbox.Prepend([.. ClearStash().Where(predicate)]);

    public IEnumerable<Envelope> ClearStash()
    {
        Envelope[] stashed = [.. _stashed];
        _stashed.Clear();
        _last = null;
        return stashed;
    }

    public void Prepend(IEnumerable<Envelope> envelopes)
    {
        foreach (var envelope in envelopes.Reverse())
        {
            _stashed.AddFirst(envelope);
        }
    }
}
