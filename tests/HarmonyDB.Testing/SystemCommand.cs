using System.ComponentModel;
using System.Diagnostics;

namespace HarmonyDB.Testing;

/// <summary>Runs a command of the system, such as <c>mount</c>, to its end.</summary>
public static class SystemCommand
{
    /// <summary>Runs it.</summary>
    /// <returns>What it printed.</returns>
    /// <exception cref="InvalidOperationException">It is not there, or it failed; the message has what it said.</exception>
    public static string Run(string command, params IReadOnlyList<string> arguments) => TryRun(command, arguments, out var output)
        ? output
        : throw new InvalidOperationException($"{command} {string.Join(' ', arguments)}: {output.Trim()}");

    /// <summary>Runs it.</summary>
    /// <param name="command">Its name, looked for on the PATH.</param>
    /// <param name="arguments">Its arguments, passed on as they are.</param>
    /// <param name="output">What it printed, and what it complained about.</param>
    /// <returns>Whether it is there and succeeded.</returns>
    public static bool TryRun(string command, IReadOnlyList<string> arguments, out string output)
    {
        var start = new ProcessStartInfo(command) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        try
        {
            using var process = Process.Start(start)!;
            var complaints = process.StandardError.ReadToEndAsync();
            output = process.StandardOutput.ReadToEnd() + complaints.GetAwaiter().GetResult();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (Win32Exception exception)
        {
            output = exception.Message;
            return false;
        }
    }
}
