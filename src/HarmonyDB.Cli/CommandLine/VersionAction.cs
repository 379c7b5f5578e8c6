using System.CommandLine;
using System.CommandLine.Invocation;

namespace HarmonyDB.Cli.CommandLine;

/// <summary>Prints the version of this program, rather than of the one that runs it.</summary>
internal sealed class VersionAction : SynchronousCommandLineAction
{
    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        parseResult.InvocationConfiguration.Output.WriteLine($"harmony {ProductVersion.Text}");
        return ExitCode.Success;
    }
}
