using System.CommandLine;
using System.Globalization;
using HarmonyDB.Cli.CommandLine;
using HarmonyDB.Cli.Output;

namespace HarmonyDB.Cli.Commands;

/// <summary><c>harmony member list</c>: the members, as the replicated configuration has them.</summary>
internal sealed class MemberListCommand : ICommand
{
    private readonly CommandHost _host;
    private readonly GlobalOptions _globals;

    public MemberListCommand(CommandHost host, GlobalOptions globals)
    {
        _host = host;
        _globals = globals;
    }

    /// <inheritdoc/>
    public string[] Examples => ["harmony member list", "harmony member list -w json"];

    /// <summary>A member id as etcd's tools write it: in hexadecimal; <c>-</c> for none.</summary>
    public static string Id(ulong id) => id == 0 ? "-" : id.ToString("x", CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public Command Describe() => new("list", "Prints the members of the cluster.");

    /// <inheritdoc/>
    public async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        await using var client = _globals.Connect(arguments);
        var members = await client.MemberListAsync(cancellationToken);
        if (_globals.Format(arguments) == OutputFormat.Json)
        {
            _host.Terminal.WriteLine(JsonReport.Members(members));
            return ExitCode.Success;
        }

        _host.Terminal.WriteTable(
            ["id", "name", "raft address", "client endpoints", "votes"],
            members.Select(member => (IReadOnlyList<string>)
            [
                Id(member.Id), member.Name, member.RaftAddress, string.Join(',', member.ClientUrls), member.IsLearner ? "no, learner" : "yes",
            ]));
        return ExitCode.Success;
    }
}
