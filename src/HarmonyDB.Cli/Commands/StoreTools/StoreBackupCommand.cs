using System.CommandLine;
using HarmonyDB.Cli.CommandLine;
using HarmonyDB.Cli.Output;
using HarmonyDB.Storage.Tree;

namespace HarmonyDB.Cli.Commands.StoreTools;

/// <summary><c>harmony store backup</c>: one consistent, checksummed stream of everything a store file holds.</summary>
internal sealed class StoreBackupCommand(CommandHost host, GlobalOptions globals) : StoreToolCommand(host, globals)
{
    private readonly Argument<string> _target = new("BACKUP_FILE")
    {
        Description = "The file to write, - for the standard output. One that exists is not overwritten.",
    };

    /// <inheritdoc/>
    public override string[] Examples =>
        ["harmony store backup data/store.hdb monday.backup", "harmony store backup data/store.hdb - | gzip > monday.backup.gz"];

    /// <inheritdoc/>
    public override string Notes =>
        "Free pages are left out. BACKUP_FILE appears when it is whole and flushed; what was cut short is no backup, and 'restore' refuses it.\n"
        + "The node that runs on the file must be stopped.";

    /// <summary>What a backup holds.</summary>
    internal static string Json(BackupSummary summary) => JsonReport.Write(json =>
    {
        json.WriteString("store_id", summary.StoreId);
        JsonReport.Number(json, "transaction", summary.TxId.Value);
        JsonReport.Number(json, "mark", summary.Mark);
        JsonReport.Number(json, "pages", summary.PageCount);
        JsonReport.Number(json, "backup_bytes", summary.LengthBytes);
    });

    /// <inheritdoc/>
    protected override Command DescribeBeyondFile() => new(
        "backup", "Writes all of a store file as one checksummed stream, which 'harmony store restore' reads.") { _target };

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(string path, ParseResult arguments, CancellationToken cancellationToken)
    {
        using var store = OpenReadOnly(path);
        var target = arguments.GetRequiredValue(_target);
        if (target == "-")
        {
            await using var output = Host.OpenOutput();
            await Task.Run(() => store.Backup(output, null, cancellationToken), cancellationToken);
            return ExitCode.Success;
        }

        var file = FullPathOfNewFile(target);
        var summary = await StoreReplacement.WriteAsync(Disk, file, async temporary =>
        {
            await using var output = new DiskFileStream(Disk, temporary);
            var written = await WithPagesAsync(
                "backing up",
                store.Statistics.UsedPageCount,
                report => store.Backup(output, new Reports<long>(report), cancellationToken));
            output.FlushToDevice();
            return written;
        });
        Terminal.WriteLine(IsJson(arguments)
            ? Json(summary)
            : $"{ByteText.Number(summary.PageCount)} pages of transaction {summary.TxId} written to {target}: {ByteText.Size(summary.LengthBytes)}");
        return ExitCode.Success;
    }
}
