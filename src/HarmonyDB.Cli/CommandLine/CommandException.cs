namespace HarmonyDB.Cli.CommandLine;

/// <summary>A command cannot go on for a reason its user can do something about. Shown as two lines: what, and the remedy.</summary>
internal sealed class CommandException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="exitCode">One of <see cref="CommandLine.ExitCode"/>.</param>
    /// <param name="what">What went wrong, in one line.</param>
    /// <param name="remedy">What the user can do, in one line; empty when there is nothing to say.</param>
    /// <param name="innerException">Its cause.</param>
    public CommandException(int exitCode, string what, string remedy = "", Exception? innerException = null)
        : base(what, innerException)
    {
        ExitCode = exitCode;
        Remedy = remedy;
    }

    /// <summary>The exit code of the process.</summary>
    public int ExitCode { get; }

    /// <summary>What the user can do; may be empty.</summary>
    public string Remedy { get; }
}
