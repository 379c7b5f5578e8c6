using System.CommandLine;
using HarmonyDB.Cli.CommandLine;
using HarmonyDB.Cli.Output;
using HarmonyDB.Storage.Tools;
using HarmonyDB.Storage.Tree;

namespace HarmonyDB.Cli.Commands.StoreTools;

/// <summary><c>harmony store compact</c>: rewrites a store file without its free pages.</summary>
internal sealed class StoreCompactCommand(CommandHost host, GlobalOptions globals) : StoreToolCommand(host, globals)
{
    /// <inheritdoc/>
    public override string[] Examples => ["harmony store compact data/store.hdb"];

    /// <inheritdoc/>
    public override string Notes =>
        "The new file is written beside the old one and takes its place when it is whole, so there must be room for both.\n"
        + "The node that runs on the file must be stopped.";

    /// <inheritdoc/>
    protected override Command DescribeBeyondFile() => new("compact", "Rewrites a store file without free space.");

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(string path, ParseResult arguments, CancellationToken cancellationToken)
    {
        var before = new FileInfo(path).Length;
        var records = await StoreReplacement.WriteAsync(Disk, path, async temporary =>
        {
            using var store = OpenReadOnly(path);
            using var reader = store.BeginRead();
            var total = reader.ListTrees().Sum(name => reader.TryOpenTree(name, out TreeReader tree) ? tree.Count : 0);
            return await WithRecordsAsync("compacting", total, progress => StoreCopy.Run(store, reader, temporary, Disk, progress, cancellationToken));
        });
        var after = new FileInfo(path).Length;
        Terminal.WriteLine(IsJson(arguments)
            ? JsonReport.Write(json =>
            {
                JsonReport.Number(json, "records", records);
                JsonReport.Number(json, "bytes_before", before);
                JsonReport.Number(json, "bytes_after", after);
            })
            : $"{ByteText.Size(before)} before, {ByteText.Size(after)} now; {ByteText.Number(records)} records");
        return ExitCode.Success;
    }
}
