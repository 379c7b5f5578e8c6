using System.CommandLine;

namespace HarmonyDB.Cli.CommandLine;

/// <summary>One command of <c>harmony</c>: its syntax and what it does.</summary>
internal interface ICommand
{
    /// <summary>Command lines that show it in use, for its help.</summary>
    string[] Examples { get; }

    /// <summary>What its help says below the options; lines are separated by line feeds.</summary>
    string Notes => "";

    /// <summary>Describes the command's syntax. Its action is set by the caller to <see cref="RunAsync"/>.</summary>
    Command Describe();

    /// <summary>Does it.</summary>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    /// <exception cref="CommandException">It cannot go on, for a reason the user can do something about.</exception>
    Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken);
}
