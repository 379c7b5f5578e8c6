using System.CommandLine;
using HarmonyDB.Cli.CommandLine;
using HarmonyDB.Cli.Output;

namespace HarmonyDB.Cli.Commands;

/// <summary><c>harmony range</c>: reads the keys between two keys.</summary>
internal sealed class RangeCommand : ICommand
{
    private readonly CommandHost _host;
    private readonly GlobalOptions _globals;
    private readonly KeyArguments _keys = new();
    private readonly ReadOptions _options = new();
    private readonly Argument<string> _from = new("FROM") { Description = "The first key, included." };
    private readonly Argument<string> _to = new("TO") { Description = "The end, excluded; to the last key without it.", Arity = ArgumentArity.ZeroOrOne };

    public RangeCommand(CommandHost host, GlobalOptions globals)
    {
        _host = host;
        _globals = globals;
    }

    /// <inheritdoc/>
    public string[] Examples => ["harmony range unicode/0041 unicode/005B", "harmony range unicode/ --keys-only --limit 20"];

    /// <inheritdoc/>
    public Command Describe()
    {
        var command = new Command("range", "Prints the keys from FROM to before TO, in key order. Linearizable unless --serializable.") { _from, _to, _keys.Hex };
        _options.AddTo(command);
        _keys.Check(command, _from, allowEmpty: false);
        _keys.Check(command, _to, allowEmpty: false);
        return command;
    }

    /// <inheritdoc/>
    public async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        var to = _keys.Bytes(arguments, _to);
        var request = _options.Request(arguments, _keys.Bytes(arguments, _from), to.Length == 0 ? PrefixRange.ToLastKey : to);
        await using var client = _globals.Connect(arguments);
        var result = await client.RangeAsync(request, cancellationToken);
        if (_globals.Format(arguments) == OutputFormat.Json)
        {
            _host.Terminal.WriteLine(JsonReport.Range(result));
            return ExitCode.Success;
        }

        return new KeyValuePrinter(_host.Terminal, arguments.GetValue(_keys.Hex)).PrintRange(result, request);
    }
}
