using System.CommandLine;
using System.Globalization;
using HarmonyDB.Cli.Client;
using HarmonyDB.Cli.CommandLine;
using HarmonyDB.Cli.Playground;
using Spectre.Console;

namespace HarmonyDB.Cli.Commands;

/// <summary><c>harmony playground</c>: several nodes on this machine, each a process of its own, until Ctrl+C.</summary>
internal sealed class PlaygroundCommand : ICommand
{
    private readonly CommandHost _host;
    private readonly GlobalOptions _globals;
    private readonly Option<int> _nodes = new("--nodes") { Description = "Number of nodes, 1 to 7.", HelpName = "N", DefaultValueFactory = _ => 3 };
    private readonly Option<string?> _dir = new("--dir")
    {
        Description = "Folder for data, configurations and logs, kept for the next time. Without it, a temporary one that is removed at the end.",
        HelpName = "DIR",
    };

    private readonly Option<int> _clientPort = new("--client-port")
    {
        Description = $"Client port of the first node; each next one takes one {PlaygroundLayout.PortStep} higher.",
        HelpName = "PORT",
        DefaultValueFactory = _ => 2379,
    };

    private readonly Option<int> _remotePort = new("--remote-port")
    {
        Description = "Port on which the first node hears its peers; likewise.",
        HelpName = "PORT",
        DefaultValueFactory = _ => 4053,
    };

    private readonly Option<bool> _demo = new("--demo")
    {
        Description = "Load the Unicode Character Database, read it back from every node, compare, and stop.",
    };

    public PlaygroundCommand(CommandHost host, GlobalOptions globals)
    {
        _host = host;
        _globals = globals;
    }

    /// <inheritdoc/>
    public string[] Examples =>
    [
        "harmony playground",
        "harmony playground --demo",
        "harmony playground --nodes 5 --dir ./playground --client-port 12379",
    ];

    /// <inheritdoc/>
    public Command Describe()
    {
        var command = new Command("playground", "Runs several nodes on this machine, each a process of its own, until Ctrl+C.")
        {
            _nodes, _dir, _clientPort, _remotePort, _demo,
        };
        _globals.RefuseIn(command);
        _nodes.Refuse(nodes => nodes is < 1 or > PlaygroundLayout.MaxNodes, $"--nodes must be 1 to {PlaygroundLayout.MaxNodes}.");
        _dir.Refuse(dir => dir is "", "--dir is empty.");
        return command;
    }

    /// <inheritdoc/>
    public async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        var folder = arguments.GetValue(_dir);
        using var temporary = folder is null ? new TemporaryFolder() : null;
        var layout = new PlaygroundLayout(
            arguments.GetValue(_nodes), folder ?? temporary!.Path, arguments.GetValue(_clientPort), arguments.GetValue(_remotePort));

        await using var cluster = await PlaygroundCluster.StartAsync(_host, layout);
        try
        {
            var reports = await WaitForLeaderAsync(cluster, cancellationToken);
            Print(layout, cluster, reports, temporary is not null);
            if (arguments.GetValue(_demo))
            {
                return await new Demo(_host, layout.Nodes).RunAsync(cancellationToken);
            }

            _host.Terminal.WriteLine("Ctrl+C stops them.");
            return await WatchAsync(cluster, cancellationToken);
        }
        finally
        {
            foreach (var forced in await cluster.StopAsync())
            {
                _host.Terminal.WriteError($"{forced} did not stop in time and was ended by force");
            }
        }
    }

    private Task<IReadOnlyList<EndpointReport>> WaitForLeaderAsync(PlaygroundCluster cluster, CancellationToken cancellationToken) =>
        _host.Terminal.IsInteractive
            ? _host.Terminal.Ansi.Status().StartAsync("Waiting for a leader", _ => cluster.WaitForLeaderAsync(cancellationToken))
            : cluster.WaitForLeaderAsync(cancellationToken);

    private void Print(PlaygroundLayout layout, PlaygroundCluster cluster, IReadOnlyList<EndpointReport> reports, bool isTemporary)
    {
        _host.Terminal.WriteTable(
            ["name", "role", "clients", "raft", "data folder", ">process"],
            cluster.Nodes.Zip(reports, (node, report) => (IReadOnlyList<string>)
            [
                node.Layout.Name, report.Role, report.Endpoint, node.Layout.RaftAddress, node.Layout.DataFolder,
                node.ProcessId.ToString(CultureInfo.InvariantCulture),
            ]));
        _host.Terminal.WriteLine($"Logs and configurations are in {layout.Folder}{(isTemporary ? ", which is removed at the end; --dir keeps one." : ".")}");
    }

    /// <summary>Reports nodes that end by themselves; the others go on, as a cluster does.</summary>
    private async Task<int> WatchAsync(PlaygroundCluster cluster, CancellationToken cancellationToken)
    {
        var running = cluster.Nodes.ToList();
        var stopRequested = Task.Delay(Timeout.Infinite, cancellationToken);
        while (running.Count > 0)
        {
            await Task.WhenAny([stopRequested, .. running.Select(node => (Task)node.Exited)]);
            if (cancellationToken.IsCancellationRequested)
            {
                _host.Terminal.WriteLine("stopping");
                return ExitCode.Success;
            }

            foreach (var ended in running.Where(node => node.Exited.IsCompleted).ToList())
            {
                running.Remove(ended);
                _host.Terminal.WriteError(await PlaygroundCluster.DescribeEndAsync(ended));
            }
        }

        throw new CommandException(ExitCode.Failed, "no node is left");
    }
}
