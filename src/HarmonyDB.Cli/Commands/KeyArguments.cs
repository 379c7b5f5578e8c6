using System.CommandLine;
using System.CommandLine.Parsing;
using HarmonyDB.Cli.Output;

namespace HarmonyDB.Cli.Commands;

/// <summary>Keys and values on the command line: text, or hexadecimal digits with <c>--hex</c>.</summary>
internal sealed class KeyArguments
{
    /// <summary>The option that switches to hexadecimal, for arguments and for output.</summary>
    public Option<bool> Hex { get; } = new("--hex") { Description = "Keys and values are written in hexadecimal digits, here and in the output." };

    /// <summary>Makes a command check an argument while it parses.</summary>
    public void Check(Command command, Argument<string> argument, bool allowEmpty) => command.Validators.Add(result =>
    {
        if (result.GetResult(argument) is not { Tokens.Count: > 0 } || result.GetValue(argument) is not { } text)
        {
            return;
        }

        if (text.Length == 0 && !allowEmpty)
        {
            result.AddError($"{argument.Name} is empty; keys have at least one byte.");
        }
        else if (!ByteText.TryParse(text, IsHex(result), out _))
        {
            result.AddError($"{argument.Name} '{text}' is not hexadecimal: an even number of digits 0-9 and a-f is needed with --hex.");
        }
    });

    /// <summary>The bytes of an argument that was checked.</summary>
    public byte[] Bytes(ParseResult result, Argument<string> argument) =>
        ByteText.TryParse(result.GetValue(argument) ?? "", result.GetValue(Hex), out var bytes)
            ? bytes
            : throw new InvalidOperationException($"{argument.Name} was not checked.");

    private bool IsHex(CommandResult result) => result.GetValue(Hex);
}
