using System.CommandLine;
using HarmonyDB.Cli.CommandLine;
using HarmonyDB.Cli.Output;
using HarmonyDB.Storage.Tools;
using HarmonyDB.Storage.Tree;

namespace HarmonyDB.Cli.Commands.StoreTools;

/// <summary><c>harmony store check</c>: verifies every page of a store file.</summary>
internal sealed class StoreCheckCommand(CommandHost host, GlobalOptions globals) : StoreToolCommand(host, globals)
{
    /// <inheritdoc/>
    public override string[] Examples => ["harmony store check data/store.hdb", "harmony store check data/store.hdb -w json"];

    /// <inheritdoc/>
    public override string Notes =>
        "Exit code 0 when the file is healthy, otherwise 1. Nothing is written. The node that runs on the file must be stopped.";

    /// <inheritdoc/>
    protected override Command DescribeBeyondFile() => new(
        "check", "Verifies a store file: checksums, order, separators, counts, and that each page is in use, free or pending.");

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(string path, ParseResult arguments, CancellationToken cancellationToken)
    {
        var report = await WithPagesAsync("checking", path, progress => StoreFileCheck.Run(path, Disk, progress, cancellationToken));
        if (IsJson(arguments))
        {
            Terminal.WriteLine(Json(report));
        }
        else
        {
            Print(path, report);
        }

        return report.IsHealthy ? ExitCode.Success : ExitCode.Failed;
    }

    private void Print(string path, CheckReport report)
    {
        Terminal.WriteTable(
            ["tree", ">entries", ">levels", ">branch pages", ">leaf pages", ">large value pages"],
            report.Trees.Select(tree => (IReadOnlyList<string>)[
                ByteText.ForLine(tree.Name),
                ByteText.Number(tree.EntryCount),
                ByteText.Number(tree.Levels),
                ByteText.Number(tree.BranchPageCount),
                ByteText.Number(tree.LeafPageCount),
                ByteText.Number(tree.OverflowPageCount),
            ]));
        Terminal.WriteLine(
            $"{ByteText.Number(report.UsedPageCount)} pages in use, {ByteText.Number(report.FreePageCount)} free, "
            + $"{ByteText.Number(report.PendingPageCount)} pending; transaction {report.TxId}");
        if (report.IsHealthy)
        {
            Terminal.WriteLine("healthy");
            return;
        }

        Terminal.WriteError($"{path} is damaged:");
        foreach (var problem in report.Problems)
        {
            Terminal.Error.WriteLine("  " + problem);
        }

        if (report.Problems.Count == CheckReport.ProblemsMaximum)
        {
            Terminal.Error.WriteLine("  and more, perhaps");
        }

        Terminal.WriteRemedy($"harmony store salvage {path} NEW_FILE");
    }

    private static string Json(CheckReport report) => JsonReport.Write(json =>
    {
        json.WriteBoolean("healthy", report.IsHealthy);
        JsonReport.Number(json, "transaction", report.TxId.Value);
        JsonReport.Number(json, "entries", report.EntryCount);
        JsonReport.Number(json, "used_pages", report.UsedPageCount);
        JsonReport.Number(json, "free_pages", report.FreePageCount);
        JsonReport.Number(json, "pending_pages", report.PendingPageCount);
        json.WriteStartArray("trees");
        foreach (var tree in report.Trees)
        {
            json.WriteStartObject();
            json.WriteBase64String("name", tree.Name);
            JsonReport.Number(json, "entries", tree.EntryCount);
            JsonReport.Number(json, "levels", tree.Levels);
            JsonReport.Number(json, "branch_pages", tree.BranchPageCount);
            JsonReport.Number(json, "leaf_pages", tree.LeafPageCount);
            JsonReport.Number(json, "leaf_used_bytes", tree.LeafUsedBytes);
            JsonReport.Number(json, "large_value_pages", tree.OverflowPageCount);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("problems");
        foreach (var problem in report.Problems)
        {
            json.WriteStringValue(problem);
        }

        json.WriteEndArray();
    });
}
