using System.CommandLine;
using HarmonyDB.Cli.Client;
using HarmonyDB.Cli.CommandLine;
using HarmonyDB.Cli.Output;

namespace HarmonyDB.Cli.Commands;

/// <summary><c>harmony status</c>: what each endpoint says of itself. Its exit code serves as a health check.</summary>
internal sealed class StatusCommand : ICommand
{
    private static readonly string[] Columns =
        ["endpoint", "name", "id", "role", "leader", ">term", ">index", ">applied", ">revision", ">db size"];

    private readonly CommandHost _host;
    private readonly GlobalOptions _globals;

    public StatusCommand(CommandHost host, GlobalOptions globals)
    {
        _host = host;
        _globals = globals;
    }

    /// <inheritdoc/>
    public string[] Examples =>
    [
        "harmony status",
        "harmony status --endpoints http://127.0.0.1:2379,http://127.0.0.1:2389,http://127.0.0.1:2399",
    ];

    /// <inheritdoc/>
    public string Notes => "Exit code 0 when every endpoint answers and knows a leader, otherwise 4: good for a health check.";

    /// <inheritdoc/>
    public Command Describe() => new(
        "status", "Prints what each endpoint says of itself.");

    /// <inheritdoc/>
    public async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        var timeout = _globals.Timeout(arguments);
        var reports = await Task.WhenAll(_globals.Endpoints(arguments).Select(
            endpoint => EndpointReport.AskAsync(endpoint, endpoints => _host.Connect(endpoints, timeout), cancellationToken)));
        if (_globals.Format(arguments) == OutputFormat.Json)
        {
            _host.Terminal.WriteLine(JsonReport.Status(reports));
        }
        else
        {
            Print(reports);
        }

        return reports.All(report => report.IsHealthy) ? ExitCode.Success : ExitCode.Unavailable;
    }

    private void Print(IReadOnlyList<EndpointReport> reports)
    {
        _host.Terminal.WriteTable(Columns, reports.Select(report => (IReadOnlyList<string>)(report.Status is { } status
            ?
            [
                report.Endpoint, report.Name, MemberListCommand.Id(status.MemberId), report.Role, MemberListCommand.Id(status.Leader),
                $"{status.Term}", $"{status.RaftIndex}", $"{status.AppliedIndex}", $"{status.Revision}", ByteText.Size(status.StoreBytes),
            ]
            : [report.Endpoint, "", "", report.Role, "", "", "", "", "", ""])));
        foreach (var error in reports.Select(report => report.Error).OfType<string>())
        {
            _host.Terminal.WriteError(error);
        }
    }
}
