using System.Diagnostics;

namespace HarmonyDB.Tests;

/// <summary>Awaits what real threads bring about in their own time.</summary>
internal static class Poll
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(5);

    /// <summary>Waits until a condition holds.</summary>
    /// <param name="what">The condition in words, for the failure.</param>
    /// <param name="condition">Asked again and again.</param>
    /// <exception cref="TimeoutException">It did not hold in time.</exception>
    public static Task UntilAsync(string what, Func<bool> condition) => UntilAsync(what, () => Task.FromResult(condition()));

    /// <inheritdoc cref="UntilAsync(string, Func{bool})"/>
    public static async Task UntilAsync(string what, Func<Task<bool>> condition)
    {
        var waited = Stopwatch.StartNew();
        while (!await condition())
        {
            if (waited.Elapsed > Limit)
            {
                throw new TimeoutException($"Waited {Limit.TotalSeconds} s in vain until {what}.");
            }

            await Task.Delay(Interval);
        }
    }
}
