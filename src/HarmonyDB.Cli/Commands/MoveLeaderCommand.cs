using System.CommandLine;
using HarmonyDB.Cli.CommandLine;
using HarmonyDB.Cli.Output;

namespace HarmonyDB.Cli.Commands;

/// <summary><c>harmony move-leader</c>: another member leads from now on.</summary>
internal sealed class MoveLeaderCommand : MemberChangeCommand
{
    private readonly Argument<ulong> _id = IdArgument("ID", "The voter that is to lead; without it, whichever takes over soonest.");

    public MoveLeaderCommand(CommandHost host, GlobalOptions globals)
        : base(host, globals)
    {
        _id.Arity = ArgumentArity.ZeroOrOne;
    }

    /// <inheritdoc/>
    public override string[] Examples => ["harmony move-leader 2", "harmony move-leader"];

    /// <inheritdoc/>
    public override string Notes => "A node that stops in good order hands over by itself.";

    /// <inheritdoc/>
    public override Command Describe() => new("move-leader", "Hands leadership to another member.") { _id };

    /// <inheritdoc/>
    public override async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        ulong target = arguments.GetValue(_id);
        await using var any = Globals.Connect(arguments);
        var status = await any.StatusAsync(cancellationToken);
        var leader = (await any.MemberListAsync(cancellationToken)).FirstOrDefault(m => m.Id == status.Leader);
        string? url = leader?.ClientUrls.FirstOrDefault();
        if (leader is null || url is null)
        {
            throw new CommandException(
                ExitCode.Unavailable, leader is null ? "the cluster has no leader" : $"the leader, {leader.Name}, has no client URL to be asked at", "harmony status");
        }

        await using var client = Host.Connect([new Uri(url)], Globals.Timeout(arguments));
        await client.MoveLeaderAsync(target, cancellationToken);
        if (Globals.Format(arguments) == OutputFormat.Json)
        {
            Host.Terminal.WriteLine(JsonReport.MoveLeader(leader.Id, target));
        }
        else
        {
            Host.Terminal.WriteLine($"leadership went from {MemberListCommand.Id(leader.Id)} to {(target == 0 ? "another member" : MemberListCommand.Id(target))}");
        }

        return ExitCode.Success;
    }
}
