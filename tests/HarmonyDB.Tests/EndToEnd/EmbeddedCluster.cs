using Akka.Configuration;
using HarmonyDB.Client;
using HarmonyDB.Testing;
using Xunit;

namespace HarmonyDB.Tests.EndToEnd;

/// <summary>Three embedded nodes n1, n2 and n3 on free loopback ports, with data folders that are deleted at the end.</summary>
public sealed class EmbeddedCluster : IAsyncLifetime
{
    private static readonly string[] Names = ["n1", "n2", "n3"];

    private readonly TemporaryFolder _folder = new();
    private readonly IReadOnlyList<int> _ports = FreePorts.Take(Names.Length + 1);
    private readonly SortedDictionary<string, EmbeddedNode> _nodes = new(StringComparer.Ordinal);
    private readonly string _settings;

    public EmbeddedCluster()
        : this("")
    {
    }

    /// <summary>Creates the cluster; nothing runs yet.</summary>
    /// <param name="settings">HOCON laid over what all nodes share.</param>
    internal EmbeddedCluster(string settings)
    {
        _settings = settings;
    }

    /// <summary>The nodes that run, in the order of their names.</summary>
    internal IReadOnlyList<EmbeddedNode> Nodes => [.. _nodes.Values];

    internal EmbeddedNode this[string name] => _nodes[name];

    public async Task InitializeAsync()
    {
        foreach (string name in Names)
        {
            await StartAsync(name);
        }

        await LeaderAsync();
    }

    public async Task DisposeAsync()
    {
        await Task.WhenAll(Nodes.Select(n => n.StopAsync()));
        _folder.Dispose();
    }

    internal string DataFolder(string name) => _folder.File(name);

    /// <summary>The configuration of a node. Elections are slow enough for a busy machine.</summary>
    internal Config Configuration(string name, string? dataFolder = null) => ConfigurationFactory.ParseString($$"""
        harmony {
          name = {{name}}
          data-dir = "{{dataFolder ?? DataFolder(name)}}"
          cluster {
            birth-probe-interval = 50ms
            members = [{{MemberList}}]
          }
          raft { election-timeout-min = 500ms, election-timeout-max = 1s }
          log.segment-bytes = 4MiB
        }
        {{_settings}}
        """);

    private string MemberList => string.Join(", ", Names.Select((n, i) => $"{{ name = {n}, raft-address = \"127.0.0.1:{_ports[i]}\" }}"));

    /// <summary>Where the remoting of a node listens that joins as n4.</summary>
    internal string JoiningAddress => $"127.0.0.1:{_ports[^1]}";

    /// <summary>Starts n4, which joins; its address must have been added before.</summary>
    internal async Task<EmbeddedNode> JoinAsync() => _nodes["n4"] = await EmbeddedNode.StartAsync(
        ConfigurationFactory.ParseString($$"""
            harmony.cluster {
              join = on
              members = [{{MemberList}}, { name = n4, raft-address = "{{JoiningAddress}}" }]
            }
            """).WithFallback(Configuration("n4")));

    /// <summary>Starts a node, in its own data folder unless told otherwise.</summary>
    internal async Task<EmbeddedNode> StartAsync(string name, string? dataFolder = null) =>
        _nodes[name] = await EmbeddedNode.StartAsync(Configuration(name, dataFolder));

    /// <summary>Stops a node.</summary>
    internal async Task<NodeStopReason> StopAsync(string name)
    {
        EmbeddedNode node = _nodes[name];
        _nodes.Remove(name);
        return await node.StopAsync();
    }

    /// <summary>Waits until all nodes that run follow one leader; returns it.</summary>
    internal async Task<EmbeddedNode> LeaderAsync()
    {
        EmbeddedNode? leader = null;
        await Poll.UntilAsync("all nodes follow one leader", async () =>
        {
            NodeStatus[] statuses = await Task.WhenAll(Nodes.Select(n => n.Database.StatusAsync()));
            leader = Nodes.Zip(statuses).FirstOrDefault(n => n.Second.Role == "Leader" && statuses.All(s => s.Leader == n.Second.Header.MemberId)).First;
            return leader is not null;
        });
        return leader!;
    }

    /// <summary>Waits until all nodes that run have applied the same.</summary>
    internal async Task EqualContentAsync()
    {
        await Poll.UntilAsync("all nodes have applied the same", async () =>
        {
            NodeStatus[] statuses = await Task.WhenAll(Nodes.Select(n => n.Database.StatusAsync()));
            return statuses.All(s => s.AppliedIndex == statuses[0].AppliedIndex && s.AppliedIndex == s.RaftIndex);
        });
        IReadOnlyList<string> first = await Nodes[0].ContentAsync();
        foreach (EmbeddedNode node in Nodes.Skip(1))
        {
            Assert.Equal(first, await node.ContentAsync());
        }
    }
}
