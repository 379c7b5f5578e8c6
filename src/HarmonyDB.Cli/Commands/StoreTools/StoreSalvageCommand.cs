using System.CommandLine;
using HarmonyDB.Cli.CommandLine;
using HarmonyDB.Cli.Output;
using HarmonyDB.Storage.Tools;

namespace HarmonyDB.Cli.Commands.StoreTools;

/// <summary><c>harmony store salvage</c>: copies what can be read of a damaged store file.</summary>
internal sealed class StoreSalvageCommand(CommandHost host, GlobalOptions globals) : StoreToolCommand(host, globals)
{
    private const int RangesShown = 20;

    private readonly Argument<string> _target = new("NEW_FILE") { Description = "The store file to make; it must not exist." };

    /// <inheritdoc/>
    public override string[] Examples => ["harmony store salvage damaged.hdb salvaged.hdb", "harmony store salvage damaged.hdb salvaged.hdb -w json"];

    /// <inheritdoc/>
    public override string Notes =>
        "Exit code 0 when nothing was lost, otherwise 1 and a list of what was. Lost ranges are filled from older versions where the file\n"
        + "still has them: such records may have been changed or deleted since. FILE is only read.\n"
        + "Do not put a salvaged file into a node's data folder: let the node fetch its data from the others.";

    /// <inheritdoc/>
    protected override Command DescribeBeyondFile() => new(
        "salvage", "Copies all records that can be read of a damaged store file to a new one, and says what was lost.") { _target };

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(string path, ParseResult arguments, CancellationToken cancellationToken)
    {
        var target = FullPathOfNewFile(arguments.GetRequiredValue(_target));
        var report = await StoreReplacement.WriteAsync(
            Disk,
            target,
            temporary => WithPagesAsync("salvaging", path, progress => StoreSalvage.Run(path, temporary, Disk, progress, cancellationToken)));
        if (IsJson(arguments))
        {
            Terminal.WriteLine(Json(report));
        }
        else
        {
            Print(report);
        }

        return report.IsComplete ? ExitCode.Success : ExitCode.Failed;
    }

    private static string Key(byte[]? key, string none) => key is null ? none : ByteText.ForLine(key);

    private void Print(SalvageReport report)
    {
        Terminal.WriteTable(
            ["tree", ">expected", ">copied", ">from older versions", ">lost ranges"],
            report.Trees.Select(tree => (IReadOnlyList<string>)[
                ByteText.ForLine(tree.Name),
                tree.ExpectedRecords is { } expected ? ByteText.Number(expected) : "unknown",
                ByteText.Number(tree.CopiedRecords),
                ByteText.Number(tree.OlderRecords),
                ByteText.Number(tree.LostRanges.Count),
            ]));
        if (report.IsComplete)
        {
            Terminal.WriteLine("nothing was lost");
            return;
        }

        Terminal.WriteError("not everything could be salvaged:");
        if (!report.HasMeta)
        {
            Terminal.Error.WriteLine($"  both meta pages are damaged; transaction {report.TxId} is the newest whole state that was found, its mark is unknown");
        }

        if (report.TreesMayBeMissing)
        {
            Terminal.Error.WriteLine("  the list of trees is damaged: names may be missing");
        }

        foreach (var tree in report.Trees)
        {
            foreach (var range in tree.LostRanges.Take(RangesShown))
            {
                Terminal.Error.WriteLine($"  {ByteText.ForLine(tree.Name)}: from {Key(range.From, "the first key")} to below {Key(range.To, "the end")}");
            }

            if (tree.LostRanges.Count > RangesShown)
            {
                Terminal.Error.WriteLine($"  {ByteText.ForLine(tree.Name)}: and {tree.LostRanges.Count - RangesShown} more; -w json lists them");
            }
        }
    }

    private static string Json(SalvageReport report) => JsonReport.Write(json =>
    {
        json.WriteBoolean("complete", report.IsComplete);
        json.WriteBoolean("has_meta", report.HasMeta);
        json.WriteBoolean("trees_may_be_missing", report.TreesMayBeMissing);
        JsonReport.Number(json, "transaction", report.TxId.Value);
        JsonReport.Number(json, "mark", report.Mark);
        json.WriteStartArray("trees");
        foreach (var tree in report.Trees)
        {
            json.WriteStartObject();
            json.WriteBase64String("name", tree.Name);
            if (tree.ExpectedRecords is { } expected)
            {
                JsonReport.Number(json, "expected", expected);
            }

            JsonReport.Number(json, "copied", tree.CopiedRecords);
            JsonReport.Number(json, "older", tree.OlderRecords);
            json.WriteStartArray("lost");
            foreach (var range in tree.LostRanges)
            {
                json.WriteStartObject();
                json.WriteBase64String("from", range.From ?? []);
                json.WriteBase64String("to", range.To ?? []);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });
}
