using HarmonyDB.Cli.CommandLine;
using HarmonyDB.Cli.Output;
using HarmonyDB.Client;

namespace HarmonyDB.Cli.Commands;

/// <summary>Prints the answer to a read.</summary>
internal sealed class KeyValuePrinter
{
    private readonly Terminal _terminal;
    private readonly bool _isHex;

    public KeyValuePrinter(Terminal terminal, bool isHex)
    {
        _terminal = terminal;
        _isHex = isHex;
    }

    /// <summary>Prints the value of a single key and nothing else.</summary>
    public int PrintValue(RangeResult result, string key)
    {
        if (result.KeyValues is not [var pair])
        {
            throw new CommandException(ExitCode.NotFound, $"there is no key {key}", $"harmony get --prefix {key}");
        }

        _terminal.WriteLine(_isHex ? Hex(pair.Value.Span) : ByteText.ForWhole(pair.Value.Span));
        return ExitCode.Success;
    }

    /// <summary>Prints a table on a terminal; elsewhere one line per key: the key, and after a tab its value.</summary>
    public int PrintRange(RangeResult result, RangeRequest request)
    {
        if (request.CountOnly)
        {
            _terminal.WriteLine(result.Count.ToString(System.Globalization.CultureInfo.InvariantCulture));
            return ExitCode.Success;
        }

        if (_terminal.IsInteractive && result.KeyValues.Count > 0)
        {
            PrintTable(result, request.KeysOnly);
        }
        else
        {
            foreach (var pair in result.KeyValues)
            {
                _terminal.WriteLine(request.KeysOnly ? Line(pair.Key.Span) : Line(pair.Key.Span) + "\t" + Line(pair.Value.Span));
            }
        }

        if (result.More || _terminal.IsInteractive)
        {
            _terminal.Error.WriteLine($"{ByteText.Number(result.KeyValues.Count)} of {ByteText.Number(result.Count)} keys at revision {result.Header.Revision}");
        }

        return ExitCode.Success;
    }

    private static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);

    private void PrintTable(RangeResult result, bool keysOnly)
    {
        string[] columns = keysOnly ? ["key", ">version", ">revision"] : ["key", "value", ">version", ">revision"];
        _terminal.WriteTable(columns, result.KeyValues.Select(pair =>
        {
            var version = ByteText.Number(pair.Version);
            var revision = ByteText.Number(pair.ModRevision);
            string[] row = keysOnly ? [Line(pair.Key.Span), version, revision] : [Line(pair.Key.Span), Line(pair.Value.Span), version, revision];
            return (IReadOnlyList<string>)row;
        }));
    }

    private string Line(ReadOnlySpan<byte> bytes) => _isHex ? Hex(bytes) : ByteText.ForLine(bytes);
}
