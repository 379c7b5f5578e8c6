namespace Akka.TestKit;

/// <summary>What must become true, and how long a piece of code may take.</summary>
public abstract partial class TestKitBase
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    public void AwaitAssert(Action assertion, TimeSpan? duration = null, TimeSpan? interval = null, CancellationToken cancellationToken = default) =>
        Complete(AwaitAssertAsync(Completed(assertion), duration, interval, true, cancellationToken));

    public Task AwaitAssertAsync(
        Func<Task> assertion, TimeSpan? duration = null, TimeSpan? interval = null, CancellationToken cancellationToken = default) =>
        AwaitAssertAsync(assertion, duration, interval, false, cancellationToken).AsTask();

    public void AwaitCondition(Func<bool> conditionIsFulfilled, CancellationToken cancellationToken = default) =>
        AwaitCondition(conditionIsFulfilled, null, null, null, cancellationToken);

    public void AwaitCondition(Func<bool> conditionIsFulfilled, TimeSpan? max, CancellationToken cancellationToken = default) =>
        AwaitCondition(conditionIsFulfilled, max, null, null, cancellationToken);

    public void AwaitCondition(Func<bool> conditionIsFulfilled, TimeSpan? max, string message, CancellationToken cancellationToken = default) =>
        AwaitCondition(conditionIsFulfilled, max, null, message, cancellationToken);

    public void AwaitCondition(
        Func<bool> conditionIsFulfilled, TimeSpan? max, TimeSpan? interval, string? message = null, CancellationToken cancellationToken = default) =>
        Complete(AwaitConditionAsync(() => Task.FromResult(conditionIsFulfilled()), max, interval, message, true, cancellationToken));

    public Task AwaitConditionAsync(Func<Task<bool>> conditionIsFulfilled, CancellationToken cancellationToken = default) =>
        AwaitConditionAsync(conditionIsFulfilled, null, null, null, cancellationToken);

    public Task AwaitConditionAsync(Func<Task<bool>> conditionIsFulfilled, TimeSpan? max, CancellationToken cancellationToken = default) =>
        AwaitConditionAsync(conditionIsFulfilled, max, null, null, cancellationToken);

    public Task AwaitConditionAsync(
        Func<Task<bool>> conditionIsFulfilled, TimeSpan? max, TimeSpan? interval, string? message = null, CancellationToken cancellationToken = default) =>
        AwaitConditionAsync(conditionIsFulfilled, max, interval, message, false, cancellationToken).AsTask();

    public void Within(TimeSpan max, Action action, TimeSpan? epsilonValue = null, CancellationToken cancellationToken = default) =>
        Complete(WithinAsync(TimeSpan.Zero, max, Completed(action), null, epsilonValue));

    public void Within(
        TimeSpan min, TimeSpan max, Action action, string? hint = null, TimeSpan? epsilonValue = null, CancellationToken cancellationToken = default) =>
        Complete(WithinAsync(min, max, Completed(action), hint, epsilonValue));

    public Task WithinAsync(TimeSpan max, Func<Task> actionAsync, TimeSpan? epsilonValue = null, CancellationToken cancellationToken = default) =>
        WithinAsync(TimeSpan.Zero, max, actionAsync, null, epsilonValue).AsTask();

    internal static Func<Task> Completed(Action action) => () =>
    {
        action();
        return Task.CompletedTask;
    };

    internal static async ValueTask PauseAsync(TimeSpan end, TimeSpan interval, bool blocking, CancellationToken cancellationToken)
    {
        var pause = Shorter(end - Now, interval);
        if (blocking)
        {
            cancellationToken.WaitHandle.WaitOne(pause);
            cancellationToken.ThrowIfCancellationRequested();
        }
        else
        {
            await Task.Delay(pause, cancellationToken);
        }
    }

    private async ValueTask<bool> AwaitAssertAsync(
        Func<Task> assertion, TimeSpan? duration, TimeSpan? interval, bool blocking, CancellationToken cancellationToken)
    {
        var end = Now + RemainingOrDilated(duration);
        while (true)
        {
            try
            {
                await assertion();
                return true;
            }
            catch (Exception) when (Now < end)
            {
                await PauseAsync(end, interval ?? PollInterval, blocking, cancellationToken);
            }
        }
    }

    private async ValueTask<bool> AwaitConditionAsync(
        Func<Task<bool>> condition, TimeSpan? max, TimeSpan? interval, string? message, bool blocking, CancellationToken cancellationToken)
    {
        var limit = RemainingOrDilated(max);
        var end = Now + limit;
        while (!await condition())
        {
            Assertions.AssertTrue(Now < end, "Timeout {0} expired while waiting for condition. {1}", limit, message ?? "");
            await PauseAsync(end, interval ?? PollInterval, blocking, cancellationToken);
        }

        return true;
    }

    /// <summary>Sets the deadline that the operations inside default to, and puts the enclosing one back.</summary>
    private async ValueTask<bool> WithinAsync(TimeSpan min, TimeSpan max, Func<Task> action, string? hint, TimeSpan? epsilon)
    {
        var (start, enclosing) = (Now, _end);
        var limit = Shorter(RemainingOr(Dilated(max)), Dilated(max));
        Assertions.AssertTrue(limit >= min, "The enclosing block has less time left ({0}) than the minimum {1}", limit, min);
        _end = start + limit;
        _lastWasNoMessage = false;
        try
        {
            await action();
            var elapsed = Now - start;
            Assertions.AssertTrue(elapsed >= min, "{0}Block took {1}, should have taken at least {2}", Hint(hint), elapsed, min);
            // A block that ends with waiting for silence takes all of its time, and a little more.
            var isInTime = _lastWasNoMessage || elapsed <= limit + (epsilon ?? TimeSpan.Zero);
            Assertions.AssertTrue(isInTime, "{0}Block took {1}, exceeding {2}", Hint(hint), elapsed, limit);
            return true;
        }
        finally
        {
            _end = enclosing;
        }
    }
}
