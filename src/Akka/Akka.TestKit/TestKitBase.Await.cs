namespace Akka.TestKit;

/// <summary>What must become true, and how long a piece of code may take.</summary>
public abstract partial class TestKitBase
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    public void AwaitAssert(Action assertion, TimeSpan? duration = null, TimeSpan? interval = null, CancellationToken cancellationToken = default)
    {
        var end = Now + RemainingOrDilated(duration);
        while (true)
        {
            try
            {
                assertion();
                return;
            }
            catch (Exception) when (Now < end)
            {
                Pause(end, interval, cancellationToken);
            }
        }
    }

    public Task AwaitAssertAsync(Action assertion, TimeSpan? duration = null, TimeSpan? interval = null, CancellationToken cancellationToken = default) =>
        AwaitAssertAsync(Completed(assertion), duration, interval, cancellationToken);

    public async Task AwaitAssertAsync(
        Func<Task> assertion, TimeSpan? duration = null, TimeSpan? interval = null, CancellationToken cancellationToken = default)
    {
        var end = Now + RemainingOrDilated(duration);
        while (true)
        {
            try
            {
                await assertion();
                return;
            }
            catch (Exception) when (Now < end)
            {
                await Task.Delay(Shorter(end - Now, interval ?? PollInterval), cancellationToken);
            }
        }
    }

    public void AwaitCondition(Func<bool> conditionIsFulfilled, CancellationToken cancellationToken = default) =>
        AwaitCondition(conditionIsFulfilled, null, null, null, cancellationToken);

    public void AwaitCondition(Func<bool> conditionIsFulfilled, TimeSpan? max, CancellationToken cancellationToken = default) =>
        AwaitCondition(conditionIsFulfilled, max, null, null, cancellationToken);

    public void AwaitCondition(Func<bool> conditionIsFulfilled, TimeSpan? max, string message, CancellationToken cancellationToken = default) =>
        AwaitCondition(conditionIsFulfilled, max, null, message, cancellationToken);

    public void AwaitCondition(
        Func<bool> conditionIsFulfilled, TimeSpan? max, TimeSpan? interval, string? message = null, CancellationToken cancellationToken = default)
    {
        var limit = RemainingOrDilated(max);
        if (!AwaitConditionNoThrow(conditionIsFulfilled, limit, interval, cancellationToken))
        {
            Assertions.Fail("Timeout {0} expired while waiting for condition. {1}", limit, message ?? "");
        }
    }

    public bool AwaitConditionNoThrow(
        Func<bool> conditionIsFulfilled, TimeSpan max, TimeSpan? interval = null, CancellationToken cancellationToken = default)
    {
        var end = Now + max;
        while (!conditionIsFulfilled())
        {
            if (Now >= end)
            {
                return false;
            }

            Pause(end, interval, cancellationToken);
        }

        return true;
    }

    public Task AwaitConditionAsync(Func<bool> conditionIsFulfilled, CancellationToken cancellationToken = default) =>
        AwaitConditionAsync(conditionIsFulfilled, null, null, null, cancellationToken);

    public Task AwaitConditionAsync(Func<Task<bool>> conditionIsFulfilled, CancellationToken cancellationToken = default) =>
        AwaitConditionAsync(conditionIsFulfilled, null, null, null, cancellationToken);

    public Task AwaitConditionAsync(Func<Task<bool>> conditionIsFulfilled, TimeSpan? max, CancellationToken cancellationToken = default) =>
        AwaitConditionAsync(conditionIsFulfilled, max, null, null, cancellationToken);

    public Task AwaitConditionAsync(Func<bool> conditionIsFulfilled, TimeSpan? max, string message, CancellationToken cancellationToken = default) =>
        AwaitConditionAsync(conditionIsFulfilled, max, null, message, cancellationToken);

    public Task AwaitConditionAsync(
        Func<bool> conditionIsFulfilled, TimeSpan? max, TimeSpan? interval, string? message = null, CancellationToken cancellationToken = default) =>
        AwaitConditionAsync(() => Task.FromResult(conditionIsFulfilled()), max, interval, message, cancellationToken);

    public async Task AwaitConditionAsync(
        Func<Task<bool>> conditionIsFulfilled, TimeSpan? max, TimeSpan? interval, string? message = null, CancellationToken cancellationToken = default)
    {
        var limit = RemainingOrDilated(max);
        var end = Now + limit;
        while (!await conditionIsFulfilled())
        {
            if (Now >= end)
            {
                Assertions.Fail("Timeout {0} expired while waiting for condition. {1}", limit, message ?? "");
            }

            await Task.Delay(Shorter(end - Now, interval ?? PollInterval), cancellationToken);
        }
    }

    public void Within(TimeSpan max, Action action, TimeSpan? epsilonValue = null, CancellationToken cancellationToken = default) =>
        Within(TimeSpan.Zero, max, action, null, epsilonValue, cancellationToken);

    public void Within(
        TimeSpan min, TimeSpan max, Action action, string? hint = null, TimeSpan? epsilonValue = null, CancellationToken cancellationToken = default) =>
        Within(min, max, Returning(action), hint, epsilonValue, cancellationToken);

    public T Within<T>(TimeSpan max, Func<T> function, TimeSpan? epsilonValue = null, CancellationToken cancellationToken = default) =>
        Within(TimeSpan.Zero, max, function, null, epsilonValue, cancellationToken);

    public T Within<T>(
        TimeSpan min, TimeSpan max, Func<T> function, string? hint = null, TimeSpan? epsilonValue = null, CancellationToken cancellationToken = default)
    {
        var block = new WithinBlock(this, min, max);
        try
        {
            var result = function();
            block.CheckElapsed(hint, epsilonValue);
            return result;
        }
        finally
        {
            block.End();
        }
    }

    public Task WithinAsync(TimeSpan max, Func<Task> actionAsync, TimeSpan? epsilonValue = null, CancellationToken cancellationToken = default) =>
        WithinAsync(TimeSpan.Zero, max, actionAsync, null, epsilonValue, cancellationToken);

    public async Task WithinAsync(
        TimeSpan min, TimeSpan max, Func<Task> actionAsync, string? hint = null, TimeSpan? epsilonValue = null, CancellationToken cancellationToken = default)
    {
        var block = new WithinBlock(this, min, max);
        try
        {
            await actionAsync();
            block.CheckElapsed(hint, epsilonValue);
        }
        finally
        {
            block.End();
        }
    }

    private static Func<Task> Completed(Action action) => () =>
    {
        action();
        return Task.CompletedTask;
    };

    private static Func<bool> Returning(Action action) => () =>
    {
        action();
        return true;
    };

    private static void Pause(TimeSpan end, TimeSpan? interval, CancellationToken cancellationToken)
    {
        cancellationToken.WaitHandle.WaitOne(Shorter(end - Now, interval ?? PollInterval));
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Sets the deadline that the operations inside default to, and puts the enclosing one back.</summary>
    private sealed class WithinBlock
    {
        private readonly TestKitBase _testKit;
        private readonly TimeSpan _start = Now;
        private readonly TimeSpan _min;
        private readonly TimeSpan _max;
        private readonly TimeSpan? _enclosing;

        public WithinBlock(TestKitBase testKit, TimeSpan min, TimeSpan max)
        {
            _testKit = testKit;
            _min = min;
            _max = testKit.RemainingOr(testKit.Dilated(max)) is var left && left < testKit.Dilated(max) ? left : testKit.Dilated(max);
            testKit.Assertions.AssertTrue(left >= min, "The enclosing block has less time left ({0}) than the minimum {1}", left, min);
            _enclosing = testKit._end;
            testKit._end = _start + _max;
            testKit._lastWasNoMessage = false;
        }

        public void CheckElapsed(string? hint, TimeSpan? epsilon)
        {
            var elapsed = Now - _start;
            _testKit.Assertions.AssertTrue(elapsed >= _min, "{0}Block took {1}, should have taken at least {2}", Hint(hint), elapsed, _min);
            // A block that ends with waiting for silence takes all of its time, and a little more.
            if (!_testKit._lastWasNoMessage)
            {
                _testKit.Assertions.AssertTrue(
                    elapsed <= _max + (epsilon ?? TimeSpan.Zero), "{0}Block took {1}, exceeding {2}", Hint(hint), elapsed, _max);
            }
        }

        public void End() => _testKit._end = _enclosing;
    }
}
