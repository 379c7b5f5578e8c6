namespace HarmonyDB.Cli.CommandLine;

/// <summary>What <c>harmony</c> tells the shell. Documented in docs/operations.md; scripts depend on the numbers.</summary>
internal static class ExitCode
{
    /// <summary>Everything asked for was done.</summary>
    public const int Success = 0;

    /// <summary>It failed, and none of the more telling codes fits.</summary>
    public const int Failed = 1;

    /// <summary>The command line or a configuration file is wrong; nothing was tried.</summary>
    public const int Usage = 2;

    /// <summary>The key that was asked for does not exist.</summary>
    public const int NotFound = 3;

    /// <summary>No endpoint answered, or the cluster has no leader. Nothing was written.</summary>
    public const int Unavailable = 4;

    /// <summary>A write was sent, and nobody can tell whether it happened.</summary>
    public const int OutcomeUnknown = 5;

    /// <summary>Interrupted by Ctrl+C: 128 + SIGINT, as shells have it.</summary>
    public const int Interrupted = 130;
}
