using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace HarmonyDB.Cli.CommandLine;

/// <summary>The usual help, followed by notes and by examples that can be copied and run.</summary>
internal sealed class HelpWithExamples : SynchronousCommandLineAction
{
    private readonly HelpAction _help;
    private readonly IReadOnlyDictionary<Command, (string Notes, string[] Examples)> _examples;

    public HelpWithExamples(HelpAction help, IReadOnlyDictionary<Command, (string Notes, string[] Examples)> examples)
    {
        _help = help;
        _examples = examples;
    }

    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        var exitCode = _help.Invoke(parseResult);
        if (_examples.TryGetValue(parseResult.CommandResult.Command, out var more))
        {
            var output = parseResult.InvocationConfiguration.Output;
            if (more.Notes.Length > 0)
            {
                output.WriteLine("Notes:");
                output.WriteLine("  " + more.Notes.Replace("\n", "\n  ", StringComparison.Ordinal));
                output.WriteLine();
            }

            output.WriteLine("Examples:");
            foreach (var example in more.Examples)
            {
                output.WriteLine("  " + example);
            }

            output.WriteLine();
        }

        return exitCode;
    }
}
