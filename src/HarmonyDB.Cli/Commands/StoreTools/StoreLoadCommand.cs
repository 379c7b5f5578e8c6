using System.CommandLine;
using HarmonyDB.Cli.CommandLine;
using HarmonyDB.Cli.Output;
using HarmonyDB.Storage.Tools;
using HarmonyDB.Storage.Tree;

namespace HarmonyDB.Cli.Commands.StoreTools;

/// <summary><c>harmony store load</c>: a store file from text.</summary>
internal sealed class StoreLoadCommand(CommandHost host, GlobalOptions globals) : StoreToolCommand(host, globals)
{
    private readonly Argument<string> _input = new("TEXT_FILE") { Description = "What 'harmony store dump' wrote, - for the standard input." };
    private readonly Option<int> _pageSize = new("--page-size")
    {
        Description = "Page size of the new file in bytes, a power of two from 4096 to 65536.",
        HelpName = "BYTES",
        DefaultValueFactory = _ => StoreLimits.PageBytesMinimum,
    };

    /// <inheritdoc/>
    public override string[] Examples => ["harmony store load new.hdb store.txt", "zcat store.txt.gz | harmony store load new.hdb - --page-size 16384"];

    /// <inheritdoc/>
    public override string Notes => "FILE must not exist; it appears when all of the text was read and proved whole.";

    /// <inheritdoc/>
    protected override bool CreatesFile => true;

    /// <summary>The counts of a dump.</summary>
    internal static string Json(DumpSummary summary) => JsonReport.Write(json =>
    {
        JsonReport.Number(json, "trees", summary.TreeCount);
        JsonReport.Number(json, "records", summary.RecordCount);
    });

    /// <inheritdoc/>
    protected override Command DescribeBeyondFile()
    {
        var command = new Command("load", "Makes a new store file from the text of a dump.") { _input, _pageSize };
        _pageSize.Refuse(
            size => size is < StoreLimits.PageBytesMinimum or > StoreLimits.PageBytesMaximum || int.PopCount(size) != 1,
            "--page-size must be a power of two from 4096 to 65536.");
        return command;
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(string path, ParseResult arguments, CancellationToken cancellationToken)
    {
        path = FullPathOfNewFile(path);
        var source = arguments.GetRequiredValue(_input);
        await using var input = source == "-" ? Host.OpenInput() : new FileStream(source, FileMode.Open, FileAccess.Read);
        var summary = await StoreReplacement.WriteAsync(Disk, path, async temporary =>
        {
            using var store = Store.Open(temporary, new StoreOptions { Disk = Disk, PageSizeBytes = arguments.GetValue(_pageSize), MaximumReaders = 4 });
            return await WithRecordsAsync("loading", 0, progress => StoreDump.Load(store, input, progress, cancellationToken));
        });
        Terminal.WriteLine(IsJson(arguments)
            ? Json(summary)
            : $"{ByteText.Number(summary.RecordCount)} records of {ByteText.Number(summary.TreeCount)} trees loaded into {path}");
        return ExitCode.Success;
    }
}
