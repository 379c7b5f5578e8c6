using System.CommandLine;
using System.Globalization;
using HarmonyDB.Cli.CommandLine;
using HarmonyDB.Cli.Output;
using HarmonyDB.Client;

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

    /// <summary>Columns of a table of members.</summary>
    public static IReadOnlyList<string> Columns { get; } = ["id", "name", "raft address", "client endpoints", "votes"];

    /// <inheritdoc/>
    public string[] Examples => ["harmony member list", "harmony member list -w json"];

    /// <summary>A member id as etcd's tools write it: in hexadecimal; <c>-</c> for none.</summary>
    public static string Id(ulong id) => id == 0 ? "-" : id.ToString("x", CultureInfo.InvariantCulture);

    /// <summary>A member in such a table.</summary>
    public static IReadOnlyList<string> Row(Member member) =>
        [Id(member.Id), member.Name, member.RaftAddress, string.Join(',', member.ClientUrls), member.IsLearner ? "no, learner" : "yes"];

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

        _host.Terminal.WriteTable(Columns, members.Select(Row));
        return ExitCode.Success;
    }
}
