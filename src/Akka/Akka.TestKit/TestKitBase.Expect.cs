using Akka.Actor;

namespace Akka.TestKit;

/// <summary>What must come, and what must not.</summary>
public abstract partial class TestKitBase
{
    private delegate void Check<T>(T message, IActorRef sender, string hint);

    public T ExpectMsg<T>(TimeSpan? duration = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Complete(ExpectAsync<T>(duration, hint, null, true, cancellationToken));

    public T ExpectMsg<T>(T message, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Complete(ExpectAsync(timeout, hint, EqualTo(message), true, cancellationToken));

    public T ExpectMsg<T>(Predicate<T> isMessage, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Complete(ExpectAsync(timeout, hint, Satisfies<T>((m, _) => isMessage(m)), true, cancellationToken));

    public T ExpectMsg<T>(Action<T> assert, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Complete(ExpectAsync<T>(timeout, hint, (m, _, _) => assert(m), true, cancellationToken));

    public T ExpectMsg<T>(
        Func<T, IActorRef, bool> isMessageAndSender, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Complete(ExpectAsync(timeout, hint, Satisfies(isMessageAndSender), true, cancellationToken));

    public T ExpectMsg<T>(
        Action<T, IActorRef> assertMessageAndSender, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Complete(ExpectAsync<T>(timeout, hint, (m, s, _) => assertMessageAndSender(m, s), true, cancellationToken));

    public ValueTask<T> ExpectMsgAsync<T>(TimeSpan? duration = null, string? hint = null, CancellationToken cancellationToken = default) =>
        ExpectAsync<T>(duration, hint, null, false, cancellationToken);

    public ValueTask<T> ExpectMsgAsync<T>(T message, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        ExpectAsync(timeout, hint, EqualTo(message), false, cancellationToken);

    public ValueTask<T> ExpectMsgAsync<T>(
        Predicate<T> isMessage, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        ExpectAsync(timeout, hint, Satisfies<T>((m, _) => isMessage(m)), false, cancellationToken);

    public T ExpectMsgFrom<T>(IActorRef sender, TimeSpan? duration = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Complete(ExpectAsync(duration, hint, From<T>(sender), true, cancellationToken));

    public T ExpectMsgFrom<T>(IActorRef sender, T message, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Complete(ExpectAsync(timeout, hint, From<T>(sender) + EqualTo(message), true, cancellationToken));

    public T ExpectMsgAnyOf<T>(IEnumerable<T> messages, CancellationToken cancellationToken = default) =>
        ExpectMsg<T>(messages.Contains, hint: $"any of [{string.Join(", ", messages)}]", cancellationToken: cancellationToken);

    public IReadOnlyCollection<T> ExpectMsgAllOf<T>(params T[] messages)
    {
        var received = ReceiveN(messages.Length).ToList();
        foreach (var message in messages)
        {
            Assertions.AssertTrue(
                received.Remove(message!), "Failed: Expected {{{0}}}, but of what came no more was equal to it: [{1}]", message!, string.Join(", ", received));
        }

        return messages;
    }

    public void ExpectNoMsg(CancellationToken cancellationToken = default) =>
        Complete(ExpectNothingAsync(RemainingOrDefault, true, cancellationToken));

    public void ExpectNoMsg(TimeSpan duration, CancellationToken cancellationToken = default) =>
        Complete(ExpectNothingAsync(Dilated(duration), true, cancellationToken));

    public void ExpectNoMsg(int milliseconds, CancellationToken cancellationToken = default) =>
        ExpectNoMsg(TimeSpan.FromMilliseconds(milliseconds), cancellationToken);

    public async ValueTask ExpectNoMsgAsync(TimeSpan duration, CancellationToken cancellationToken = default) =>
        await ExpectNothingAsync(Dilated(duration), false, cancellationToken).ConfigureAwait(false);

    public Terminated ExpectTerminated(
        IActorRef target, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        ExpectMsg<Terminated>(t => t.ActorRef.Equals(target), timeout, hint ?? $"Terminated {target}", cancellationToken);

    public ValueTask<Terminated> ExpectTerminatedAsync(
        IActorRef target, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        ExpectMsgAsync<Terminated>(t => t.ActorRef.Equals(target), timeout, hint ?? $"Terminated {target}", cancellationToken);

    private async ValueTask<T> ExpectAsync<T>(TimeSpan? timeout, string? hint, Check<T>? check, bool blocking, CancellationToken cancellationToken)
    {
        var max = RemainingOrDilated(timeout);
        var taken = await TakeAsync(max, blocking, cancellationToken).ConfigureAwait(false);
        Assertions.AssertTrue(taken.HasValue, "Failed: Timeout {0} while waiting for a message of type {1} {2}", max, typeof(T), Hint(hint));
        var (message, sender) = (taken!.Value.Message, taken.Value.Sender);
        if (message is not T typed)
        {
            Assertions.Fail(
                "Failed: Expected a message of type {0} {1}but received {{{2}}} (type {3}) from {4}",
                typeof(T), Hint(hint), message, message.GetType(), sender);
            throw new InvalidOperationException("The test framework's Fail must throw");
        }

        check?.Invoke(typed, sender, Hint(hint));
        return typed;
    }

    private async ValueTask<bool> ExpectNothingAsync(TimeSpan max, bool blocking, CancellationToken cancellationToken)
    {
        if (await TakeAsync(max, blocking, cancellationToken).ConfigureAwait(false) is { } envelope)
        {
            Assertions.Fail(
                "Failed: Expected no messages during {0}, instead we received {{{1}}} (type {2}) from {3}",
                max, envelope.Message, envelope.Message.GetType(), envelope.Sender);
        }

        return true;
    }

    private Check<T> EqualTo<T>(T expected) => (message, sender, hint) =>
        Assertions.AssertEqual(expected, message, "{0}Expected {{{1}}} but received {{{2}}} from {3}", hint, expected!, message!, sender);

    private Check<T> Satisfies<T>(Func<T, IActorRef, bool> condition) => (message, sender, hint) =>
        Assertions.AssertTrue(condition(message, sender), "{0}The predicate did not take {{{1}}} from {2}", hint, message!, sender);

    private Check<T> From<T>(IActorRef expected) => (message, sender, hint) =>
        Assertions.AssertEqual(expected, sender, "{0}Expected {{{1}}} from {2} but it was from {3}", hint, message!, expected, sender);
}
