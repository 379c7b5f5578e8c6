using System.CommandLine;
using HarmonyDB.Cli.CommandLine;

namespace HarmonyDB.Cli.Commands;

/// <summary><c>harmony member remove</c>: takes a member out for good.</summary>
internal sealed class MemberRemoveCommand : MemberChangeCommand
{
    private readonly Argument<ulong> _id = IdArgument("ID", "The member to remove.");

    public MemberRemoveCommand(CommandHost host, GlobalOptions globals)
        : base(host, globals)
    {
    }

    /// <inheritdoc/>
    public override string[] Examples => ["harmony member remove 3"];

    /// <inheritdoc/>
    public override string Notes => "Its node stops when it learns of it, and its data folder is of no more use. Refused when too few voters would remain.";

    /// <inheritdoc/>
    public override Command Describe() => new("remove", "Removes a member from the cluster, for good.") { _id };

    /// <inheritdoc/>
    public override async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        ulong id = arguments.GetRequiredValue(_id);
        await using var client = Globals.Connect(arguments);
        Print(arguments, $"member {MemberListCommand.Id(id)} removed", await client.MemberRemoveAsync(id, cancellationToken));
        return ExitCode.Success;
    }
}
