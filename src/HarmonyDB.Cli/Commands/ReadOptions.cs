using System.CommandLine;
using HarmonyDB.Cli.CommandLine;
using HarmonyDB.Client;

namespace HarmonyDB.Cli.Commands;

/// <summary>The options that <c>get</c> and <c>range</c> share.</summary>
internal sealed class ReadOptions
{
    private readonly Option<long> _limit = new("--limit") { Description = "Most keys to print; 0 for all.", HelpName = "N" };

    private readonly Option<bool> _serializable = new("--serializable")
    {
        Description = "Read what the asked node has, without asking the leader: works without a quorum, may be stale.",
    };

    private readonly Option<bool> _keysOnly = new("--keys-only") { Description = "Leave values out." };
    private readonly Option<bool> _countOnly = new("--count-only") { Description = "Print only the number of keys." };

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_limit);
        command.Add(_serializable);
        command.Add(_keysOnly);
        command.Add(_countOnly);
        _limit.Refuse(limit => limit < 0, "--limit cannot be negative.");
        command.Validators.Add(result =>
        {
            if (result.GetValue(_keysOnly) && result.GetValue(_countOnly))
            {
                result.AddError("--keys-only and --count-only exclude each other.");
            }
        });
    }

    /// <summary>A request for a range with these options.</summary>
    public RangeRequest Request(ParseResult result, byte[] key, byte[] rangeEnd) => new(key, rangeEnd)
    {
        Limit = result.GetValue(_limit),
        Serializable = result.GetValue(_serializable),
        KeysOnly = result.GetValue(_keysOnly),
        CountOnly = result.GetValue(_countOnly),
    };
}
