using System.CommandLine;
using HarmonyDB.Cli.CommandLine;
using HarmonyDB.Cli.Output;
using HarmonyDB.Client;

namespace HarmonyDB.Cli.Commands;

/// <summary><c>harmony put</c>: stores a value under a key.</summary>
internal sealed class PutCommand : ICommand
{
    private readonly CommandHost _host;
    private readonly GlobalOptions _globals;
    private readonly KeyArguments _keys = new();
    private readonly Argument<string> _key = new("KEY") { Description = "The key." };
    private readonly Argument<string> _value = new("VALUE") { Description = "The value; may be empty." };

    public PutCommand(CommandHost host, GlobalOptions globals)
    {
        _host = host;
        _globals = globals;
    }

    /// <inheritdoc/>
    public string[] Examples => ["harmony put greeting hello", "harmony put --hex 00ff 0102030405"];

    /// <inheritdoc/>
    public Command Describe()
    {
        var command = new Command("put", "Stores a value under a key. Done when a majority of the nodes has it on disk.") { _key, _value, _keys.Hex };
        _keys.Check(command, _key, allowEmpty: false);
        _keys.Check(command, _value, allowEmpty: true);
        return command;
    }

    /// <inheritdoc/>
    public async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        await using var client = _globals.Connect(arguments);
        var request = new PutRequest(_keys.Bytes(arguments, _key), _keys.Bytes(arguments, _value));
        var result = await client.PutAsync(request, cancellationToken);
        _host.Terminal.WriteLine(_globals.Format(arguments) == OutputFormat.Json ? JsonReport.Put(result) : $"OK, revision {result.Header.Revision}");
        return ExitCode.Success;
    }
}
