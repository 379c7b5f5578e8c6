using System.Diagnostics;
using System.Globalization;
using HarmonyDB.Server.Client;
using HarmonyDB.Server.Etcd;

namespace HarmonyDB.Testing;

/// <summary>A cluster of node processes on this machine, over the loopback, in a folder of its own that is deleted at the end.</summary>
public sealed class ClusterProcesses : IAsyncDisposable
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    private readonly ClusterProcessesOptions _options;
    private readonly string _folder;
    private readonly EtcdClient _observer;
    private readonly IReadOnlyList<int> _ports;
    private readonly List<NodeProcess> _joining = [];
    private readonly HashSet<NodeProcess> _mayEnd = [];

    /// <summary>Chooses ports and writes the configurations. Nothing runs before <see cref="StartAsync"/>.</summary>
    public ClusterProcesses(ClusterProcessesOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Nodes, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Nodes, 7);
        _options = options;
        _folder = Path.Combine(options.ParentFolder ?? Path.GetTempPath(), $"harmony-{Environment.ProcessId}-{Guid.NewGuid():N}");
        _ports = FreePorts.Take(2 * (options.Nodes + options.JoiningNodes));
        Nodes = [.. Enumerable.Range(0, options.Nodes).Select(i => Prepare(i, joins: false))];
        _observer = Client(TimeSpan.FromSeconds(1), [.. Nodes]);
    }

    /// <summary>The nodes, in the order of their names: n1, n2 …</summary>
    public IReadOnlyList<NodeProcess> Nodes { get; }

    /// <summary>Starts every node and waits until they all follow one leader.</summary>
    /// <exception cref="TimeoutException">They did not; the message has what the nodes printed.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var node in Nodes)
        {
            node.Start();
        }

        await LeaderAsync(Nodes, cancellationToken);
    }

    /// <summary>A client of some of the nodes. The caller disposes it.</summary>
    public static EtcdClient Client(TimeSpan requestTimeout, params ReadOnlySpan<NodeProcess> nodes)
    {
        var endpoints = new List<string>();
        foreach (var node in nodes)
        {
            endpoints.Add(node.Endpoint.ToString());
        }

        return new EtcdClient(new EtcdClientOptions { Endpoints = endpoints, RequestTimeout = requestTimeout });
    }

    /// <summary>Waits until all of some nodes name the same leader, and that leader is one of them and says so itself.</summary>
    /// <exception cref="TimeoutException">They did not within <see cref="ClusterProcessesOptions.ReadyTimeout"/>.</exception>
    public async Task<NodeProcess> LeaderAsync(IReadOnlyList<NodeProcess> among, CancellationToken cancellationToken)
    {
        NodeProcess? leader = null;
        await WaitAsync($"{string.Join(", ", among.Select(n => n.Name))} follow one leader", async () =>
        {
            var statuses = await Task.WhenAll(among.Select(n => TryStatusAsync(n, cancellationToken)));
            if (statuses.Any(s => s is null || s.Leader == 0 || s.Leader != statuses[0]!.Leader || s.Header.RaftTerm != statuses[0]!.Header.RaftTerm))
            {
                return false;
            }

            var position = Array.FindIndex(statuses, s => s!.Header.MemberId == s.Leader);
            leader = position >= 0 ? among[position] : null;
            return leader is not null;
        }, cancellationToken);
        return leader!;
    }

    /// <summary>Waits until a node has applied a revision.</summary>
    /// <exception cref="TimeoutException">It did not within <see cref="ClusterProcessesOptions.ReadyTimeout"/>.</exception>
    public Task RevisionAppliedAsync(NodeProcess node, long revision, CancellationToken cancellationToken) => WaitAsync(
        $"{node.Name} has applied revision {revision.ToString(CultureInfo.InvariantCulture)}",
        async () => await TryStatusAsync(node, cancellationToken) is { } status && status.Header.Revision >= revision,
        cancellationToken);

    /// <summary>What a node says of itself; null when it gives no answer.</summary>
    public async Task<StatusResponse?> TryStatusAsync(NodeProcess node, CancellationToken cancellationToken)
    {
        try
        {
            return await _observer.StatusAsync(node.Endpoint, cancellationToken);
        }
        catch (EtcdException)
        {
            // Not up yet, or just killed: the caller asks again until its own deadline.
            return null;
        }
    }

    /// <summary>Prepares a node that joins once it is started; its raft address must have been added to the cluster by then.</summary>
    /// <exception cref="InvalidOperationException">There were <see cref="ClusterProcessesOptions.JoiningNodes"/> already.</exception>
    public NodeProcess PrepareJoining()
    {
        if (_joining.Count == _options.JoiningNodes)
        {
            throw new InvalidOperationException($"Ports were taken for {_options.JoiningNodes} nodes that join.");
        }

        _joining.Add(Prepare(_options.Nodes + _joining.Count, joins: true));
        return _joining[^1];
    }

    /// <summary>From now on it is no surprise if a node ends: it was removed.</summary>
    public void MayEnd(NodeProcess node) => _mayEnd.Add(node);

    /// <summary>Where a node's remoting listens.</summary>
    public string RaftAddress(NodeProcess node) => $"127.0.0.1:{_ports[2 * (int.Parse(node.Name.AsSpan(1), CultureInfo.InvariantCulture) - 1)]}";

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _observer.Dispose();
        foreach (var node in Nodes.Concat(_joining))
        {
            node.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    private async Task WaitAsync(string what, Func<Task<bool>> condition, CancellationToken cancellationToken)
    {
        var waited = Stopwatch.StartNew();
        while (!await condition())
        {
            if (Nodes.FirstOrDefault(n => n.HasEnded && !_mayEnd.Contains(n)) is { } ended)
            {
                throw new InvalidOperationException($"{ended.Name} ended by itself while waiting until {what}. Its last words:\n{ended.LastOutput()}");
            }

            if (waited.Elapsed > _options.ReadyTimeout)
            {
                var outputs = Nodes.Select(n => $"--- {n.Name}\n{n.LastOutput()}");
                throw new TimeoutException($"Waited {waited.Elapsed.TotalSeconds:F0} s in vain until {what}.\n{string.Join('\n', outputs)}");
            }

            await Task.Delay(PollInterval, cancellationToken);
        }
    }

    private NodeProcess Prepare(int position, bool joins)
    {
        var name = $"n{position + 1}";
        var folder = Path.Combine(_folder, name);
        var dataFolder = _options.DataFolder?.Invoke(name) ?? Path.Combine(folder, "data");
        var configurationFile = Path.Combine(folder, "node.conf");
        var members = Enumerable.Range(0, _options.Nodes).Concat(joins ? [position] : []).Select(i =>
            $$"""    { name = n{{i + 1}}, raft-address = "127.0.0.1:{{_ports[2 * i]}}", client-urls = ["http://127.0.0.1:{{_ports[(2 * i) + 1]}}"] }""");
        Directory.CreateDirectory(folder);
        File.WriteAllText(configurationFile, $$"""
            harmony {
              name = {{name}}
              data-dir = "{{dataFolder}}"
              cluster.join = {{(joins ? "on" : "off")}}
              cluster.members = [
            {{string.Join('\n', members)}}
              ]
            }
            {{_options.ExtraConfiguration}}

            """);
        return new NodeProcess(name, folder, dataFolder, _ports[(2 * position) + 1], configurationFile, _options.Wrapper(folder));
    }
}
