using System.Runtime.CompilerServices;

namespace Akka.TestKit;

/// <summary>
/// What takes messages from the queue. Each operation is written once: with <c>blocking</c> the caller's thread waits, so the task it returns is
/// complete and the checks run on that thread (where the implicit sender is known).
/// </summary>
public abstract partial class TestKitBase
{
    public object? ReceiveOne(TimeSpan? max = null, CancellationToken cancellationToken = default) =>
        Complete(TryReceiveAsync(max, true, true, cancellationToken))?.Message;

    public async ValueTask<object?> ReceiveOneAsync(TimeSpan? max = null, CancellationToken cancellationToken = default) =>
        (await TryReceiveAsync(max, true, false, cancellationToken).ConfigureAwait(false))?.Message;

    public object? PeekOne(TimeSpan? max = null, CancellationToken cancellationToken = default) =>
        Complete(TryReceiveAsync(max, false, true, cancellationToken))?.Message;

    public bool TryReceiveOne(out MessageEnvelope envelope, TimeSpan? max = null, CancellationToken cancellationToken = default)
    {
        var received = Complete(TryReceiveAsync(max, true, true, cancellationToken));
        envelope = received ?? NullMessageEnvelope.Instance;
        return received is not null;
    }

    public IReadOnlyCollection<object> ReceiveN(int numberOfMessages, CancellationToken cancellationToken = default) =>
        Complete(ReceiveNAsync(numberOfMessages, RemainingOrDefault, true, cancellationToken));

    public IReadOnlyCollection<object> ReceiveN(int numberOfMessages, TimeSpan max, CancellationToken cancellationToken = default) =>
        Complete(ReceiveNAsync(numberOfMessages, Dilated(max), true, cancellationToken));

    public IAsyncEnumerable<object> ReceiveNAsync(int numberOfMessages, CancellationToken cancellationToken = default) =>
        ReceiveNAsync(numberOfMessages, TestKitSettings.SingleExpectDefault, cancellationToken);

    public async IAsyncEnumerable<object> ReceiveNAsync(
        int numberOfMessages, TimeSpan max, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var message in await ReceiveNAsync(numberOfMessages, Dilated(max), false, cancellationToken).ConfigureAwait(false))
        {
            yield return message;
        }
    }

    /// <summary>Takes messages for as long as the filter makes something of them; the first it answers null to stays in the queue.</summary>
    public IReadOnlyList<T> ReceiveWhile<T>(
        Func<object, T?> filter, TimeSpan? max = null, TimeSpan? idle = null, int msgs = int.MaxValue, CancellationToken cancellationToken = default)
        where T : class
    {
        var end = Now + RemainingOrDilated(max);
        var results = new List<T>();
        while (results.Count < msgs)
        {
            var left = Shorter(end - Now, idle ?? TimeSpan.MaxValue);
            if (Complete(_queue.TryFirstAsync(left, false, true, cancellationToken)) is not { } next || filter(next.Message) is not { } result)
            {
                break;
            }

            _last = Complete(_queue.TryFirstAsync(TimeSpan.Zero, true, true, cancellationToken))!;
            results.Add(result);
        }

        _lastWasNoMessage = true;
        return results;
    }

    /// <summary>Skips messages until one is a <typeparamref name="T"/> that the predicate takes.</summary>
    public T FishForMessage<T>(Predicate<T> isMessage, TimeSpan? max = null, string hint = "", CancellationToken cancellationToken = default) =>
        Complete(FishAsync(isMessage, max, hint, true, cancellationToken));

    public object FishForMessage(Predicate<object> isMessage, TimeSpan? max = null, string hint = "", CancellationToken cancellationToken = default) =>
        Complete(FishAsync(isMessage, max, hint, true, cancellationToken));

    public ValueTask<T> FishForMessageAsync<T>(
        Predicate<T> isMessage, TimeSpan? max = null, string hint = "", CancellationToken cancellationToken = default) =>
        FishAsync(isMessage, max, hint, false, cancellationToken);

    public ValueTask<object> FishForMessageAsync(
        Predicate<object> isMessage, TimeSpan? max = null, string hint = "", CancellationToken cancellationToken = default) =>
        FishAsync(isMessage, max, hint, false, cancellationToken);

    private async ValueTask<T> FishAsync<T>(Predicate<T> isMessage, TimeSpan? max, string hint, bool blocking, CancellationToken cancellationToken)
    {
        var end = Now + RemainingOrDilated(max);
        var skipped = 0;
        while (true)
        {
            var left = TimeSpan.FromTicks(Math.Max(0, (end - Now).Ticks));
            if (await TakeAsync(left, true, blocking, cancellationToken).ConfigureAwait(false) is not { } envelope)
            {
                Assertions.Fail("Timeout while fishing for a message of type {0} {1}({2} others came)", typeof(T), Hint(hint), skipped);
                throw new InvalidOperationException("The test framework's Fail must throw");
            }

            if (envelope.Message is T message && isMessage(message))
            {
                return message;
            }

            skipped++;
        }
    }

    private async ValueTask<IReadOnlyCollection<object>> ReceiveNAsync(int count, TimeSpan max, bool blocking, CancellationToken cancellationToken)
    {
        var end = Now + max;
        var messages = new List<object>(count);
        while (messages.Count < count)
        {
            var left = TimeSpan.FromTicks(Math.Max(0, (end - Now).Ticks));
            if (await TakeAsync(left, true, blocking, cancellationToken).ConfigureAwait(false) is { } envelope)
            {
                messages.Add(envelope.Message);
                continue;
            }

            Assertions.Fail(
                "Timeout ({0}) while expecting {1} messages. Only got {2}: [{3}]", max, count, messages.Count, string.Join(", ", messages));
        }

        return messages;
    }

    private ValueTask<MessageEnvelope?> TryReceiveAsync(TimeSpan? max, bool remove, bool blocking, CancellationToken cancellationToken) =>
        TakeAsync(max == Timeout.InfiniteTimeSpan ? Timeout.InfiniteTimeSpan : RemainingOrDilated(max), remove, blocking, cancellationToken);

    private async ValueTask<MessageEnvelope?> TakeAsync(TimeSpan timeout, bool remove, bool blocking, CancellationToken cancellationToken)
    {
        var envelope = await _queue.TryFirstAsync(timeout, remove, blocking, cancellationToken).ConfigureAwait(false);
        _lastWasNoMessage = envelope is null;
        if (remove)
        {
            _last = envelope ?? NullMessageEnvelope.Instance;
        }

        return envelope;
    }

    private static T Complete<T>(ValueTask<T> task) => task.IsCompleted
        ? task.GetAwaiter().GetResult()
        : throw new InvalidOperationException("A blocking operation did not block");

    private static TimeSpan Shorter(TimeSpan left, TimeSpan limit) => TimeSpan.FromTicks(Math.Clamp(Math.Min(left.Ticks, limit.Ticks), 0, int.MaxValue));

    private static string Hint(string? hint) => string.IsNullOrEmpty(hint) ? "" : $"[{hint}] ";
}
