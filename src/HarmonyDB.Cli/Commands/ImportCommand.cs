using System.CommandLine;
using HarmonyDB.Cli.CommandLine;
using HarmonyDB.Cli.Import;
using HarmonyDB.Cli.Output;

namespace HarmonyDB.Cli.Commands;

/// <summary><c>harmony import</c>: writes each line of a delimited file under a key taken from one of its fields.</summary>
internal sealed class ImportCommand : ICommand
{
    private readonly CommandHost _host;
    private readonly GlobalOptions _globals;
    private readonly Argument<string> _file = new("FILE") { Description = "The file, - for the standard input." };
    private readonly Option<string> _delimiter = new("--delimiter")
    {
        Description = "What separates fields; \\t for a tab. Fields are not quoted.",
        HelpName = "TEXT",
        DefaultValueFactory = _ => ";",
    };

    private readonly Option<int> _keyField = new("--key-field")
    {
        Description = "The field that becomes the key, counted from 1.",
        HelpName = "N",
        DefaultValueFactory = _ => 1,
    };

    private readonly Option<string> _prefix = new("--prefix") { Description = "What each key begins with.", HelpName = "TEXT", DefaultValueFactory = _ => "" };
    private readonly Option<int> _concurrency = new("--concurrency")
    {
        Description = "Puts under way at a time, 1 to 4096.",
        HelpName = "N",
        DefaultValueFactory = _ => 256,
    };

    public ImportCommand(CommandHost host, GlobalOptions globals)
    {
        _host = host;
        _globals = globals;
    }

    /// <inheritdoc/>
    public string[] Examples =>
    [
        "harmony import samples/unicode/UnicodeData.txt --prefix unicode/",
        "getent passwd | harmony import - --delimiter : --prefix passwd/",
    ];

    /// <inheritdoc/>
    public string Notes =>
        "Puts are sent again until they are acknowledged, so an import outlives a change of leader, and can be repeated.\n"
        + "Exit code 1 when some lines could not become a key; the others are written.";

    /// <inheritdoc/>
    public Command Describe()
    {
        var command = new Command("import", "Writes each line of a delimited file as the value of a key taken from one of its fields.")
        {
            _file, _delimiter, _keyField, _prefix, _concurrency,
        };
        _delimiter.Refuse(delimiter => delimiter is "", "--delimiter is empty.");
        _keyField.Refuse(field => field < 1, "--key-field counts from 1.");
        _concurrency.Refuse(concurrency => concurrency is < 1 or > 4096, "--concurrency must be 1 to 4096.");
        return command;
    }

    /// <inheritdoc/>
    public async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        var file = arguments.GetRequiredValue(_file);
        await using var input = Open(file);
        var reader = new DelimitedReader(
            input,
            arguments.GetRequiredValue(_delimiter).Replace("\\t", "\t", StringComparison.Ordinal),
            arguments.GetValue(_keyField),
            arguments.GetValue(_prefix) ?? "");

        await using var client = _globals.Connect(arguments);
        var importer = new Importer(client, arguments.GetValue(_concurrency), RetryPolicy.Default, Task.Delay);
        var total = input.CanSeek ? input.Length : 0;
        var summary = await ProgressDisplay.RunAsync(
            _host.Terminal, "importing", total, report => importer.RunAsync(reader, report, cancellationToken));

        if (_globals.Format(arguments) == OutputFormat.Json)
        {
            _host.Terminal.WriteLine(JsonReport.Import(summary));
        }
        else
        {
            Print(summary);
        }

        return summary.BadLineCount == 0 ? ExitCode.Success : ExitCode.Failed;
    }

    /// <summary>Prints a summary, bad lines on the error stream.</summary>
    private void Print(ImportSummary summary)
    {
        var rate = ByteText.Number((long)(summary.Written / Math.Max(0.001, summary.Elapsed.TotalSeconds)));
        var retries = summary.Retries == 0 ? "" : $", {ByteText.Number(summary.Retries)} puts sent again";
        _host.Terminal.WriteLine($"{ByteText.Number(summary.Written)} records written in {summary.Elapsed.TotalSeconds:0.0} s ({rate}/s){retries}");
        if (summary.BadLineCount == 0)
        {
            return;
        }

        _host.Terminal.WriteError($"{ByteText.Number(summary.BadLineCount)} lines could not become a key:");
        foreach (var bad in summary.FirstBadLines)
        {
            _host.Terminal.Error.WriteLine($"  line {bad.LineNumber}: {bad.Problem}");
        }

        if (summary.BadLineCount > summary.FirstBadLines.Count)
        {
            _host.Terminal.Error.WriteLine($"  and {ByteText.Number(summary.BadLineCount - summary.FirstBadLines.Count)} more");
        }
    }

    private Stream Open(string file)
    {
        if (file == "-")
        {
            return _host.OpenInput();
        }

        try
        {
            return new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.Asynchronous | FileOptions.SequentialScan);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCode.Usage, $"cannot read {file}: {exception.Message}", "a file that exists and can be read, or - for the standard input", exception);
        }
    }
}
