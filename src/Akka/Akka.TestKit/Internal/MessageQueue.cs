namespace Akka.TestKit.Internal;

/// <summary>What the test actor has received and the test has not yet looked at; any thread adds, the test takes.</summary>
internal sealed class MessageQueue
{
    private readonly LinkedList<MessageEnvelope> _messages = new();
    private readonly SemaphoreSlim _available = new(0);

    public bool IsEmpty
    {
        get
        {
            lock (_messages)
            {
                return _messages.Count == 0;
            }
        }
    }

    public void Add(MessageEnvelope message)
    {
        lock (_messages)
        {
            _messages.AddLast(message);
        }

        _available.Release();
    }

    /// <summary>Takes or peeks the first message. With <paramref name="blocking"/> the result is always complete: the caller's thread waits.</summary>
    public async ValueTask<MessageEnvelope?> TryFirstAsync(TimeSpan timeout, bool remove, bool blocking, CancellationToken cancellationToken)
    {
        var came = blocking
            ? _available.Wait(timeout, cancellationToken)
            : await _available.WaitAsync(timeout, cancellationToken).ConfigureAwait(false);
        if (!came)
        {
            return null;
        }

        MessageEnvelope first;
        lock (_messages)
        {
            first = _messages.First!.Value;
            if (remove)
            {
                _messages.RemoveFirst();
            }
        }

        if (!remove)
        {
            _available.Release();
        }

        return first;
    }
}
