using System.CommandLine;
using HarmonyDB.Cli.CommandLine;
using HarmonyDB.Cli.Output;

namespace HarmonyDB.Cli.Commands;

/// <summary><c>harmony get</c>: reads a key, or all keys with a prefix.</summary>
internal sealed class GetCommand : ICommand
{
    private readonly CommandHost _host;
    private readonly GlobalOptions _globals;
    private readonly KeyArguments _keys = new();
    private readonly ReadOptions _options = new();
    private readonly Argument<string> _key = new("KEY") { Description = "The key, or the prefix with --prefix; \"\" with --prefix is every key." };
    private readonly Option<bool> _prefix = new("--prefix") { Description = "Read all keys that begin with KEY." };

    public GetCommand(CommandHost host, GlobalOptions globals)
    {
        _host = host;
        _globals = globals;
    }

    /// <inheritdoc/>
    public string[] Examples =>
    [
        "harmony get greeting",
        "harmony get --prefix unicode/26 --limit 10",
        "harmony get --prefix \"\" --count-only",
        "harmony get greeting -w json",
    ];

    /// <inheritdoc/>
    public Command Describe()
    {
        var command = new Command("get", "Prints the value of a key, or all keys with a prefix. Linearizable unless --serializable.") { _key, _prefix, _keys.Hex };
        _options.AddTo(command);
        _keys.Check(command, _key, allowEmpty: true);
        command.Validators.Add(result =>
        {
            if (result.GetValue(_key) is "" && !result.GetValue(_prefix))
            {
                result.AddError("KEY is empty; keys have at least one byte. With --prefix it stands for every key.");
            }
        });
        return command;
    }

    /// <inheritdoc/>
    public async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        var key = _keys.Bytes(arguments, _key);
        var isPrefix = arguments.GetValue(_prefix);
        var request = _options.Request(
            arguments, key.Length == 0 ? PrefixRange.ToLastKey : key, isPrefix ? PrefixRange.EndOf(key) : []);

        await using var client = _globals.Connect(arguments);
        var result = await client.RangeAsync(request, cancellationToken);
        if (_globals.Format(arguments) == OutputFormat.Json)
        {
            _host.Terminal.WriteLine(JsonReport.Range(result));
            return isPrefix || request.CountOnly || result.Count > 0 ? ExitCode.Success : ExitCode.NotFound;
        }

        var printer = new KeyValuePrinter(_host.Terminal, arguments.GetValue(_keys.Hex));
        return isPrefix || request.CountOnly || request.KeysOnly
            ? printer.PrintRange(result, request)
            : printer.PrintValue(result, arguments.GetValue(_key) ?? "");
    }
}
