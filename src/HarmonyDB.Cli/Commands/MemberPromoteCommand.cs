using System.CommandLine;
using HarmonyDB.Cli.CommandLine;

namespace HarmonyDB.Cli.Commands;

/// <summary><c>harmony member promote</c>: gives a learner that has caught up a vote.</summary>
internal sealed class MemberPromoteCommand : MemberChangeCommand
{
    private readonly Argument<ulong> _id = IdArgument("ID", "The learner.");

    public MemberPromoteCommand(CommandHost host, GlobalOptions globals)
        : base(host, globals)
    {
    }

    /// <inheritdoc/>
    public override string[] Examples => ["harmony member promote 4"];

    /// <inheritdoc/>
    public override Command Describe() => new("promote", "Gives a learner that has caught up a vote.") { _id };

    /// <inheritdoc/>
    public override async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        ulong id = arguments.GetRequiredValue(_id);
        await using var client = Globals.Connect(arguments);
        Print(arguments, $"member {MemberListCommand.Id(id)} votes", await client.MemberPromoteAsync(id, cancellationToken));
        return ExitCode.Success;
    }
}
