namespace HarmonyDB.Faults;

/// <summary>A run that this machine cannot make: it proved nothing, and broke nothing.</summary>
internal static class Skip
{
    /// <summary>The exit code of a run that was skipped; the usual one of test programs (automake's).</summary>
    public const int ExitCode = 77;

    /// <summary>Says why.</summary>
    /// <returns>The exit code.</returns>
    public static int Because(string reason)
    {
        Console.WriteLine($"skipped: {reason}");
        return ExitCode;
    }
}
