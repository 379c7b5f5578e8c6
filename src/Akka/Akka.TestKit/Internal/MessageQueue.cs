using System.Collections.Concurrent;
using Akka.Actor;

namespace Akka.TestKit.Internal;

/// <summary>What the test actor has received and the test has not yet looked at; any thread adds, the test takes.</summary>
internal sealed class MessageQueue
{
    private readonly ConcurrentQueue<Envelope> _messages = new();
    private readonly SemaphoreSlim _available = new(0);
    public bool IsEmpty => _messages.IsEmpty;

    public void Add(Envelope message)
    {
        _messages.Enqueue(message);
        _available.Release();
    }

    /// <summary>Takes the first message. With <paramref name="blocking"/> the result is always complete: the caller's thread waits.</summary>
    public async ValueTask<Envelope?> TryTakeAsync(TimeSpan timeout, bool blocking, CancellationToken cancellationToken)
    {
        var came = blocking
            ? _available.Wait(timeout, cancellationToken)
            : await _available.WaitAsync(timeout, cancellationToken).ConfigureAwait(false);
        return came && _messages.TryDequeue(out var first) ? first : null;
    }
}
