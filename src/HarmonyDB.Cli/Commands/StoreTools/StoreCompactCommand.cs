using System.CommandLine;
using HarmonyDB.Cli.CommandLine;
using HarmonyDB.Cli.Output;
using HarmonyDB.Storage.Tools;
using HarmonyDB.Storage.Tree;

namespace HarmonyDB.Cli.Commands.StoreTools;

/// <summary><c>harmony store compact</c>: makes a store file as short as its contents allow, in one of three ways.</summary>
internal sealed class StoreCompactCommand(CommandHost host, GlobalOptions globals) : StoreToolCommand(host, globals)
{
    private readonly Option<bool> _inPlace = new("--in-place")
    {
        Description = "Move pages from the end of the file to free places, and cut the end off. Needs no room for a second file.",
    };

    private readonly Option<string> _output = new("--output", "-o")
    {
        Description = "Write the compacted store to this new file, and leave FILE as it is.",
        HelpName = "NEW_FILE",
    };

    /// <inheritdoc/>
    public override string[] Examples =>
    [
        "harmony store compact data/store.hdb",
        "harmony store compact data/store.hdb --in-place",
        "harmony store compact data/store.hdb -o small.hdb",
    ];

    /// <inheritdoc/>
    public override string Notes =>
        "Without an option the new file is written beside the old one and takes its place when it is whole, so there must be room for both;\n"
        + "its pages are then full. With --in-place they stay as full as they are, and the file is whole at any moment: the work may be interrupted.\n"
        + "The node that runs on the file must be stopped.";

    /// <inheritdoc/>
    protected override Command DescribeBeyondFile() => new("compact", "Makes a store file shorter: without its free pages.") { _inPlace, _output };

    /// <inheritdoc/>
    protected override bool OpensForWriting(ParseResult arguments) => arguments.GetValue(_inPlace);

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(string path, ParseResult arguments, CancellationToken cancellationToken)
    {
        var output = arguments.GetValue(_output);
        if (arguments.GetValue(_inPlace))
        {
            return output is null
                ? await CompactInPlaceAsync(path, IsJson(arguments), cancellationToken)
                : throw new CommandException(ExitCode.Usage, "--in-place and --output exclude each other", "one of the two");
        }

        var target = output is null ? path : FullPathOfNewFile(output);
        var before = new FileInfo(path).Length;
        var records = await StoreReplacement.WriteAsync(Disk, target, async temporary =>
        {
            using var store = OpenReadOnly(path);
            using var reader = store.BeginRead();
            var total = reader.ListTrees().Sum(name => reader.TryOpenTree(name, out TreeReader tree) ? tree.Count : 0);
            return await WithRecordsAsync("compacting", total, progress => StoreCopy.Run(store, reader, temporary, Disk, progress, cancellationToken));
        });
        Print(before, new FileInfo(target).Length, records, "records", IsJson(arguments));
        return ExitCode.Success;
    }

    private async Task<int> CompactInPlaceAsync(string path, bool isJson, CancellationToken cancellationToken)
    {
        var before = new FileInfo(path).Length;
        CompactionProgress result;
        using (var store = Store.Open(path, new StoreOptions { Disk = Disk, MaximumReaders = 4 }))
        {
            result = await WithPagesAsync(
                "compacting",
                0,
                report => store.Compact(
                    progress: new Reports<CompactionProgress>(step => report(step.MovedPages)), cancellationToken: cancellationToken));
        }

        Print(before, new FileInfo(path).Length, result.MovedPages, "pages moved", isJson);
        return ExitCode.Success;
    }

    private void Print(long before, long after, long count, string unit, bool isJson) => Terminal.WriteLine(isJson
        ? JsonReport.Write(json =>
        {
            JsonReport.Number(json, unit.Replace(' ', '_'), count);
            JsonReport.Number(json, "bytes_before", before);
            JsonReport.Number(json, "bytes_after", after);
        })
        : $"{ByteText.Size(before)} before, {ByteText.Size(after)} now; {ByteText.Number(count)} {unit}");
}
