using System.CommandLine;
using HarmonyDB.Cli.CommandLine;
using HarmonyDB.Cli.Output;
using HarmonyDB.Client;

namespace HarmonyDB.Cli.Commands;

/// <summary><c>harmony del</c>: deletes a key, or all keys with a prefix.</summary>
internal sealed class DeleteCommand : ICommand
{
    private readonly CommandHost _host;
    private readonly GlobalOptions _globals;
    private readonly KeyArguments _keys = new();
    private readonly Argument<string> _key = new("KEY") { Description = "The key, or the prefix with --prefix." };
    private readonly Option<bool> _prefix = new("--prefix") { Description = "Delete all keys that begin with KEY." };

    public DeleteCommand(CommandHost host, GlobalOptions globals)
    {
        _host = host;
        _globals = globals;
    }

    /// <inheritdoc/>
    public string[] Examples => ["harmony del greeting", "harmony del --prefix unicode/"];

    /// <inheritdoc/>
    public Command Describe()
    {
        var command = new Command("del", "Deletes a key, or all keys with a prefix. Deleting what is not there is no error.") { _key, _prefix, _keys.Hex };
        _keys.Check(command, _key, allowEmpty: false);
        return command;
    }

    /// <inheritdoc/>
    public async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        var key = _keys.Bytes(arguments, _key);
        await using var client = _globals.Connect(arguments);
        var request = new DeleteRangeRequest(key, arguments.GetValue(_prefix) ? PrefixRange.EndOf(key) : []);
        var result = await client.DeleteRangeAsync(request, cancellationToken);
        var deleted = result.Deleted == 1 ? "1 key" : $"{ByteText.Number(result.Deleted)} keys";
        _host.Terminal.WriteLine(
            _globals.Format(arguments) == OutputFormat.Json ? JsonReport.Delete(result) : $"{deleted} deleted, revision {result.Header.Revision}");
        return ExitCode.Success;
    }
}
