using System.CommandLine;
using HarmonyDB.Cli.CommandLine;
using HarmonyDB.Cli.Output;
using HarmonyDB.Storage.Tree;

namespace HarmonyDB.Cli.Commands.StoreTools;

/// <summary><c>harmony store stat</c>: what the store says of itself, without reading all of it.</summary>
internal sealed class StoreStatCommand(CommandHost host, GlobalOptions globals) : StoreToolCommand(host, globals)
{
    /// <inheritdoc/>
    public override string[] Examples => ["harmony store stat data/store.hdb", "harmony store stat data/store.hdb -w json"];

    /// <inheritdoc/>
    protected override Command DescribeBeyondFile() => new("stat", "Prints the size of a store file, its state, and its trees.");

    /// <inheritdoc/>
    protected override Task<int> RunAsync(string path, ParseResult arguments, CancellationToken cancellationToken)
    {
        using var store = OpenReadOnly(path);
        var statistics = store.Statistics;
        using var reader = store.BeginRead();
        var trees = reader.ListTrees().Select(name => (Name: name, Count: reader.TryOpenTree(name, out TreeReader tree) ? tree.Count : 0)).ToList();
        if (IsJson(arguments))
        {
            Terminal.WriteLine(Json(store, statistics, reader, trees));
            return Task.FromResult(ExitCode.Success);
        }

        Terminal.WriteTable(["store", ""], [
            ["store id", store.StoreId.ToString()],
            ["page size", ByteText.Size(statistics.PageSizeBytes)],
            ["file size", ByteText.Size(statistics.FileBytes)],
            ["pages", ByteText.Number(statistics.PageCount)],
            ["pages free", ByteText.Number(statistics.FreePageCount)],
            ["pages pending", ByteText.Number(statistics.PendingPageCount)],
            ["transaction", $"{statistics.TxId}"],
            ["mark", $"{reader.Mark}"],
        ]);
        Terminal.WriteTable(["tree", ">entries"], trees.Select(tree => (IReadOnlyList<string>)[ByteText.ForLine(tree.Name), ByteText.Number(tree.Count)]));
        return Task.FromResult(ExitCode.Success);
    }

    private static string Json(Store store, StoreStatistics statistics, ReadTransaction reader, List<(byte[] Name, long Count)> trees) => JsonReport.Write(json =>
    {
        json.WriteString("store_id", store.StoreId);
        JsonReport.Number(json, "page_size", statistics.PageSizeBytes);
        JsonReport.Number(json, "file_size", statistics.FileBytes);
        JsonReport.Number(json, "pages", statistics.PageCount);
        JsonReport.Number(json, "free_pages", statistics.FreePageCount);
        JsonReport.Number(json, "pending_pages", statistics.PendingPageCount);
        JsonReport.Number(json, "transaction", statistics.TxId.Value);
        JsonReport.Number(json, "mark", reader.Mark);
        json.WriteStartArray("trees");
        foreach (var (name, count) in trees)
        {
            json.WriteStartObject();
            json.WriteBase64String("name", name);
            JsonReport.Number(json, "entries", count);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });
}
