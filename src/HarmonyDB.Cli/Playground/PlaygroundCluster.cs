using HarmonyDB.Cli.Client;
using HarmonyDB.Cli.CommandLine;

namespace HarmonyDB.Cli.Playground;

/// <summary>The running nodes of a playground.</summary>
internal sealed class PlaygroundCluster : IAsyncDisposable
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LeaderPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(10);

    private readonly CommandHost _host;
    private readonly List<ChildNode> _nodes = [];

    private PlaygroundCluster(CommandHost host) => _host = host;

    /// <summary>The nodes, in the order of their names.</summary>
    public IReadOnlyList<ChildNode> Nodes => _nodes;

    /// <summary>Starts one process for each node.</summary>
    public static async Task<PlaygroundCluster> StartAsync(CommandHost host, PlaygroundLayout layout)
    {
        layout.CheckPortsAreFree();
        layout.Write();
        var cluster = new PlaygroundCluster(host);
        try
        {
            foreach (var node in layout.Nodes)
            {
                cluster._nodes.Add(ChildNode.Start(node));
            }

            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until every node answers and all of them know the same leader.</summary>
    /// <exception cref="CommandException">A node ended, or there was no leader in time.</exception>
    public async Task<IReadOnlyList<EndpointReport>> WaitForLeaderAsync(CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(LeaderPatience);
        IReadOnlyList<EndpointReport> reports = [];
        try
        {
            while (true)
            {
                if (_nodes.FirstOrDefault(node => node.Exited.IsCompleted) is { } ended)
                {
                    throw new CommandException(ExitCode.Failed, await DescribeEndAsync(ended), $"the whole log is {ended.Layout.LogFile}");
                }

                reports = await Task.WhenAll(_nodes.Select(node => EndpointReport.AskAsync(
                    node.Layout.ClientEndpoint, endpoints => _host.Connect(endpoints, TimeSpan.FromSeconds(2)), patience.Token)));
                if (reports.All(report => report.IsHealthy) && reports.Select(report => report.Status?.Leader).Distinct().Count() == 1)
                {
                    return reports;
                }

                await Task.Delay(PollInterval, patience.Token);
            }
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            var states = string.Join(", ", _nodes.Zip(reports, (node, report) => $"{node.Layout.Name} is {report.Role}"));
            throw new CommandException(
                ExitCode.Failed,
                $"the nodes have no leader after {LeaderPatience.TotalSeconds:0} s ({states})",
                $"the logs {string.Join(", ", _nodes.Select(node => node.Layout.LogFile))}",
                exception);
        }
    }

    /// <summary>Tells how a node ended, with its last lines.</summary>
    public static async Task<string> DescribeEndAsync(ChildNode node)
    {
        var exitCode = await node.Exited;
        var lines = node.LastLines.Count == 0 ? "" : "; its last lines:\n    " + string.Join("\n    ", node.LastLines);
        return $"{node.Layout.Name} (process {node.ProcessId}) ended by itself with exit code {exitCode}{lines}";
    }

    /// <summary>Stops all nodes at once: in good order, or by force when one does not.</summary>
    /// <returns>The names of those that had to be forced.</returns>
    public async Task<IReadOnlyList<string>> StopAsync()
    {
        var stopped = await Task.WhenAll(_nodes.Select(async node => (node.Layout.Name, InTime: await node.StopAsync(StopPatience))));
        return [.. stopped.Where(node => !node.InTime).Select(node => node.Name)];
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }

        _nodes.Clear();
    }
}
