using System.CommandLine;
using HarmonyDB.Cli.CommandLine;
using HarmonyDB.Cli.Output;
using HarmonyDB.Storage.Tree;

namespace HarmonyDB.Cli.Commands.StoreTools;

/// <summary><c>harmony store get</c>: reads one key of one tree.</summary>
internal sealed class StoreGetCommand(CommandHost host, GlobalOptions globals) : StoreToolCommand(host, globals)
{
    private readonly KeyArguments _keys = new();
    private readonly Argument<string> _tree = new("TREE") { Description = "The tree's name." };
    private readonly Argument<string> _key = new("KEY") { Description = "The key." };

    /// <inheritdoc/>
    public override string[] Examples =>
        ["harmony store get my.hdb users alice", "harmony store get my.hdb --hex 7573657273 616c696365", "harmony store get my.hdb users alice -w json"];

    /// <inheritdoc/>
    protected override Command DescribeBeyondFile()
    {
        var command = new Command("get", "Prints the value of a key as the store file has it.") { _tree, _key, _keys.Hex };
        _keys.Check(command, _tree, allowEmpty: false);
        _keys.Check(command, _key, allowEmpty: false);
        return command;
    }

    /// <inheritdoc/>
    protected override Task<int> RunAsync(string path, ParseResult arguments, CancellationToken cancellationToken)
    {
        var name = _keys.Bytes(arguments, _tree);
        var key = _keys.Bytes(arguments, _key);
        using var store = OpenReadOnly(path);
        using var reader = store.BeginRead();
        if (!reader.TryOpenTree(name, out TreeReader tree))
        {
            throw new CommandException(ExitCode.NotFound, $"there is no tree {ByteText.ForLine(name)}", $"harmony store stat {path}");
        }

        if (!tree.TryGet(key, out var value))
        {
            throw new CommandException(ExitCode.NotFound, $"there is no key {ByteText.ForLine(key)} in the tree {ByteText.ForLine(name)}");
        }

        if (IsJson(arguments))
        {
            var bytes = value.ToArray();
            Terminal.WriteLine(JsonReport.Write(json =>
            {
                json.WriteBase64String("tree", name);
                json.WriteBase64String("key", key);
                json.WriteBase64String("value", bytes);
            }));
        }
        else
        {
            Terminal.WriteLine(arguments.GetValue(_keys.Hex) ? Convert.ToHexStringLower(value) : ByteText.ForWhole(value));
        }

        return Task.FromResult(ExitCode.Success);
    }
}
