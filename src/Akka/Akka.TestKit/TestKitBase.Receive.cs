using Akka.Actor;

namespace Akka.TestKit;

/// <summary>
/// What takes messages from the queue. Each operation is written once: with <c>blocking</c> the caller's thread waits, so the task it returns is
/// complete and the checks run on that thread (where the implicit sender is known).
/// </summary>
public abstract partial class TestKitBase
{
    public object? ReceiveOne(TimeSpan? max = null, CancellationToken cancellationToken = default) =>
        Complete(TakeAsync(max == Timeout.InfiniteTimeSpan ? Timeout.InfiniteTimeSpan : RemainingOrDilated(max), true, cancellationToken))?.Message;

    public IReadOnlyCollection<object> ReceiveN(int numberOfMessages, CancellationToken cancellationToken = default) =>
        Complete(ReceiveNAsync(numberOfMessages, RemainingOrDefault, cancellationToken));

    public IReadOnlyCollection<object> ReceiveN(int numberOfMessages, TimeSpan max, CancellationToken cancellationToken = default) =>
        Complete(ReceiveNAsync(numberOfMessages, Dilated(max), cancellationToken));

    /// <summary>Skips messages until one is a <typeparamref name="T"/> that the predicate takes.</summary>
    public T FishForMessage<T>(Predicate<T> isMessage, TimeSpan? max = null, string hint = "", CancellationToken cancellationToken = default) =>
        Complete(FishAsync(isMessage, max, hint, true, cancellationToken));

    public object FishForMessage(Predicate<object> isMessage, TimeSpan? max = null, string hint = "", CancellationToken cancellationToken = default) =>
        Complete(FishAsync(isMessage, max, hint, true, cancellationToken));

    public ValueTask<T> FishForMessageAsync<T>(
        Predicate<T> isMessage, TimeSpan? max = null, string hint = "", CancellationToken cancellationToken = default) =>
        FishAsync(isMessage, max, hint, false, cancellationToken);

    internal static T Complete<T>(ValueTask<T> task) => task.IsCompleted
        ? task.GetAwaiter().GetResult()
        : throw new InvalidOperationException("A blocking operation did not block");

    private async ValueTask<T> FishAsync<T>(Predicate<T> isMessage, TimeSpan? max, string hint, bool blocking, CancellationToken cancellationToken)
    {
        var end = Now + RemainingOrDilated(max);
        for (var skipped = 0; ; skipped++)
        {
            var envelope = await TakeAsync(Shorter(end - Now, TimeSpan.MaxValue), blocking, cancellationToken).ConfigureAwait(false);
            Assertions.AssertTrue(envelope.HasValue, "Timeout while fishing for a message of type {0} {1}({2} others came)", typeof(T), Hint(hint), skipped);
            if (envelope!.Value.Message is T message && isMessage(message))
            {
                return message;
            }
        }
    }

    private async ValueTask<List<object>> ReceiveNAsync(int count, TimeSpan max, CancellationToken cancellationToken)
    {
        var end = Now + max;
        var messages = new List<object>(count);
        while (messages.Count < count)
        {
            var envelope = await TakeAsync(Shorter(end - Now, max), true, cancellationToken).ConfigureAwait(false);
            Assertions.AssertTrue(
                envelope.HasValue, "Timeout ({0}) while expecting {1} messages. Only got {2}: [{3}]", max, count, messages.Count, string.Join(", ", messages));
            messages.Add(envelope!.Value.Message);
        }

        return messages;
    }

    private async ValueTask<Envelope?> TakeAsync(TimeSpan timeout, bool blocking, CancellationToken cancellationToken)
    {
        var envelope = await _queue.TryTakeAsync(timeout, blocking, cancellationToken).ConfigureAwait(false);
        _lastWasNoMessage = envelope is null;
        _last = envelope;
        return envelope;
    }

    private static TimeSpan Shorter(TimeSpan left, TimeSpan limit) => TimeSpan.FromTicks(Math.Clamp(left.Ticks, 0, limit.Ticks));
    private static string Hint(string? hint) => string.IsNullOrEmpty(hint) ? "" : $"[{hint}] ";
}
