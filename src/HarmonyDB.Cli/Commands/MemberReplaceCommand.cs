using System.CommandLine;
using HarmonyDB.Cli.Client;
using HarmonyDB.Cli.CommandLine;
using HarmonyDB.Cli.Output;
using HarmonyDB.Client;

namespace HarmonyDB.Cli.Commands;

/// <summary><c>harmony member replace</c>: a new node takes the place of a member; the old one goes only when the new one has its vote.</summary>
internal sealed class MemberReplaceCommand : MemberChangeCommand
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(500);

    private readonly Argument<ulong> _id = IdArgument("ID", "The member to replace.");
    private readonly Argument<string> _address = AddressArgument();
    private readonly Option<string> _wait = new("--wait")
    {
        Description = "How long to wait until the new node has caught up, such as 10m.",
        HelpName = "DURATION",
        DefaultValueFactory = _ => "10m",
    };

    public MemberReplaceCommand(CommandHost host, GlobalOptions globals)
        : base(host, globals)
    {
    }

    /// <inheritdoc/>
    public override string[] Examples => ["harmony member replace 3 10.0.0.4:4053"];

    /// <inheritdoc/>
    public override string Notes =>
        "Adds the new member, waits until its node (blank data folder, harmony.cluster.join = on) has caught up and votes, then removes the old one.\n"
        + "Interrupted, it can be run again: a member at that address that is there already is taken for the new one.";

    /// <inheritdoc/>
    public override Command Describe() => new("replace", "Puts a new node in the place of a member.") { _id, _address, _wait };

    /// <inheritdoc/>
    public override async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        (ulong old, string address) = (arguments.GetRequiredValue(_id), arguments.GetRequiredValue(_address));
        if (!Durations.TryParse(arguments.GetValue(_wait) ?? "", out TimeSpan patience))
        {
            throw new CommandException(ExitCode.Usage, $"--wait '{arguments.GetValue(_wait)}' is not a duration", "--wait 10m");
        }

        await using var client = Globals.Connect(arguments);
        IReadOnlyList<Member> members = await client.MemberListAsync(cancellationToken);
        if (members.All(m => m.Id != old))
        {
            throw new CommandException(ExitCode.NotFound, $"there is no member {MemberListCommand.Id(old)}", "harmony member list");
        }

        Member? replacement = members.FirstOrDefault(m => m.RaftAddress == address && m.Id != old);
        ulong id = replacement?.Id ?? (await client.MemberAddAsync(address, isLearner: false, cancellationToken)).Id;
        if (Globals.Format(arguments) == OutputFormat.Table)
        {
            Host.Terminal.WriteLine($"member {MemberListCommand.Id(id)} added; waiting for its node (harmony.cluster.join = on, raft-address {address})");
        }

        await WaitForVoteAsync(client, id, patience, cancellationToken);
        Print(
            arguments, $"member {MemberListCommand.Id(id)} votes; member {MemberListCommand.Id(old)} removed", await client.MemberRemoveAsync(old, cancellationToken));
        return ExitCode.Success;
    }

    private static async Task WaitForVoteAsync(IStoreClient client, ulong id, TimeSpan patience, CancellationToken cancellationToken)
    {
        long began = TimeProvider.System.GetTimestamp();
        using var timer = new PeriodicTimer(PollInterval);
        while (true)
        {
            if ((await client.MemberListAsync(cancellationToken)).FirstOrDefault(m => m.Id == id) is { IsLearner: false })
            {
                return;
            }

            if (TimeProvider.System.GetElapsedTime(began) >= patience)
            {
                throw new CommandException(
                    ExitCode.Unavailable, $"member {MemberListCommand.Id(id)} has not caught up within {patience}; the old one is still there",
                    "start the new node, then run the same command again");
            }

            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }
}
