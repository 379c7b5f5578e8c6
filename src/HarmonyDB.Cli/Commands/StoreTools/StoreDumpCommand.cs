using System.CommandLine;
using HarmonyDB.Cli.CommandLine;
using HarmonyDB.Cli.Output;
using HarmonyDB.Storage.Tools;
using HarmonyDB.Storage.Tree;

namespace HarmonyDB.Cli.Commands.StoreTools;

/// <summary><c>harmony store dump</c>: a store file as text.</summary>
internal sealed class StoreDumpCommand(CommandHost host, GlobalOptions globals) : StoreToolCommand(host, globals)
{
    private readonly Option<string> _output = new("--output", "-o")
    {
        Description = "The file to write, - for the standard output. One that exists is not overwritten.",
        HelpName = "TEXT_FILE",
        DefaultValueFactory = _ => "-",
    };

    /// <inheritdoc/>
    public override string[] Examples => ["harmony store dump data/store.hdb -o store.txt", "harmony store dump data/store.hdb | gzip > store.txt.gz"];

    /// <inheritdoc/>
    public override string Notes =>
        "The text is described in docs/format.md; its last line says that it is whole. The node that runs on the file must be stopped.";

    /// <inheritdoc/>
    protected override Command DescribeBeyondFile() => new("dump", "Writes all trees of a store file as text, which 'harmony store load' reads.") { _output };

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(string path, ParseResult arguments, CancellationToken cancellationToken)
    {
        using var store = OpenReadOnly(path);
        using var reader = store.BeginRead();
        var total = reader.ListTrees().Sum(name => reader.TryOpenTree(name, out TreeReader tree) ? tree.Count : 0);
        var target = arguments.GetRequiredValue(_output);
        if (target == "-")
        {
            await using var output = Host.OpenOutput();
            await Task.Run(() => StoreDump.Write(store, reader, output, null, cancellationToken), cancellationToken);
            return ExitCode.Success;
        }

        await using var file = new FileStream(target, FileMode.CreateNew, FileAccess.Write);
        var summary = await WithRecordsAsync("dumping", total, progress => StoreDump.Write(store, reader, file, progress, cancellationToken));
        Terminal.WriteLine(IsJson(arguments)
            ? StoreLoadCommand.Json(summary)
            : $"{ByteText.Number(summary.RecordCount)} records of {ByteText.Number(summary.TreeCount)} trees written to {target}");
        return ExitCode.Success;
    }
}
