namespace HarmonyDB.Cli.Import;

/// <summary>How often and after which pauses a put is sent again. Doubling pauses ride out an election without beating on the nodes.</summary>
/// <param name="MaxAttempts">Attempts in all, the first included.</param>
/// <param name="FirstPause">Pause after the first failure; each further one is twice as long.</param>
/// <param name="LongestPause">Bound of the pauses.</param>
internal sealed record RetryPolicy(int MaxAttempts, TimeSpan FirstPause, TimeSpan LongestPause)
{
    /// <summary>About half a minute in all: many elections long, and short enough to notice that the cluster is gone.</summary>
    public static RetryPolicy Default { get; } = new(20, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(2));

    /// <summary>The pause after the given number of failures.</summary>
    public TimeSpan PauseAfter(int failures) =>
        TimeSpan.FromTicks((long)Math.Min(LongestPause.Ticks, FirstPause.Ticks * Math.Pow(2, failures - 1)));
}
