using System.CommandLine;
using HarmonyDB.Cli.CommandLine;

namespace HarmonyDB.Cli.Commands;

/// <summary><c>harmony member add</c>: makes room for a node that is then started with a blank data folder.</summary>
internal sealed class MemberAddCommand : MemberChangeCommand
{
    private readonly Argument<string> _address = AddressArgument();
    private readonly Option<bool> _learner = new("--learner") { Description = "Keep it a learner until 'harmony member promote'." };

    public MemberAddCommand(CommandHost host, GlobalOptions globals)
        : base(host, globals)
    {
    }

    /// <inheritdoc/>
    public override string[] Examples => ["harmony member add 10.0.0.4:4053", "harmony member add 10.0.0.4:4053 --learner"];

    /// <inheritdoc/>
    public override string Notes =>
        "A new member has no vote at first, so that the cluster waits for nobody. Start its node next, with a blank data folder,\n"
        + "harmony.cluster.join = on, and this address; once it has caught up it gets its vote, or keeps waiting for one with --learner.";

    /// <inheritdoc/>
    public override Command Describe() => new("add", "Adds a member to the cluster.") { _address, _learner };

    /// <inheritdoc/>
    public override async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        string address = arguments.GetRequiredValue(_address);
        await using var client = Globals.Connect(arguments);
        (ulong id, var members) = await client.MemberAddAsync(address, arguments.GetValue(_learner), cancellationToken);
        Print(arguments, $"member {MemberListCommand.Id(id)} added; now start its node with harmony.cluster.join = on and raft-address {address}", members);
        return ExitCode.Success;
    }
}
