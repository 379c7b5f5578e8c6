using System.CommandLine;
using HarmonyDB.Cli.CommandLine;
using HarmonyDB.Cli.Output;
using HarmonyDB.Storage.Tree;

namespace HarmonyDB.Cli.Commands.StoreTools;

/// <summary><c>harmony store restore</c>: a store file from a backup.</summary>
internal sealed class StoreRestoreCommand(CommandHost host, GlobalOptions globals) : StoreToolCommand(host, globals)
{
    private readonly Argument<string> _source = new("BACKUP_FILE") { Description = "What 'harmony store backup' wrote, - for the standard input." };

    /// <inheritdoc/>
    public override string[] Examples => ["harmony store restore new.hdb monday.backup", "zcat monday.backup.gz | harmony store restore new.hdb -"];

    /// <inheritdoc/>
    public override string Notes =>
        "FILE must not exist; it appears when every page, and the backup as a whole, were verified and flushed. It has the identity of the store that was\n"
        + "backed up: do not put it into the data folder of a node whose cluster went on since; let that node fetch its data from the others.";

    /// <inheritdoc/>
    protected override bool CreatesFile => true;

    /// <inheritdoc/>
    protected override Command DescribeBeyondFile() => new("restore", "Makes a store file from a backup.") { _source };

    /// <inheritdoc/>
    protected override bool OpensForWriting(ParseResult arguments) => true;

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(string path, ParseResult arguments, CancellationToken cancellationToken)
    {
        path = FullPathOfNewFile(path);
        var source = arguments.GetRequiredValue(_source);
        await using var input = source == "-" ? Host.OpenInput() : new FileStream(source, FileMode.Open, FileAccess.Read);
        var summary = await WithPagesAsync("restoring", 0, report => StoreBackup.Restore(input, path, Disk, new Reports<long>(report), cancellationToken));
        if (input.ReadByte() >= 0)
        {
            Terminal.WriteError("something follows the backup in its file; it was not read");
        }

        Terminal.WriteLine(IsJson(arguments)
            ? StoreBackupCommand.Json(summary)
            : $"{ByteText.Number(summary.PageCount)} pages of transaction {summary.TxId} restored to {path}");
        return ExitCode.Success;
    }
}
