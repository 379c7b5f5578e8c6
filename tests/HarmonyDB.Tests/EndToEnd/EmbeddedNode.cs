using System.Text;
using Akka.Actor;
using Akka.Configuration;
using HarmonyDB.Client;
using HarmonyDB.Configuration;

namespace HarmonyDB.Tests.EndToEnd;

/// <summary>A node in an ActorSystem of its own in this process, as an application embeds it: real threads, real disk, real remoting.</summary>
internal sealed class EmbeddedNode
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(20);

    private EmbeddedNode(string name, ActorSystem system, HarmonyDb database)
    {
        Name = name;
        System = system;
        Database = database;
    }

    public string Name { get; }

    public ActorSystem System { get; }

    public HarmonyDb Database { get; }

    /// <summary>Starts a node with what HarmonyDB's settings say of its remoting.</summary>
    /// <exception cref="Exception">What <see cref="HarmonyDb.Get"/> throws; the system has ended then.</exception>
    public static async Task<EmbeddedNode> StartAsync(Config config)
    {
        var settings = HarmonySettings.From(config);
        int colon = settings.Self.RaftAddress.LastIndexOf(':');
        Config remoting = ConfigurationFactory.ParseString($$"""
            akka {
              actor.provider = remote
              loglevel = WARNING
              stdout-loglevel = OFF
              log-dead-letters = off
              remote.retry-gate-closed-for = 200ms
              remote.dot-netty.tcp {
                hostname = "{{settings.Self.RaftAddress[..colon]}}"
                port = {{settings.Self.RaftAddress[(colon + 1)..]}}
                maximum-frame-size = 2MiB
              }
            }
            """);
        var system = ActorSystem.Create(settings.ActorSystemName, config.WithFallback(remoting).WithFallback(HarmonyConfig.Akka));
        try
        {
            return new EmbeddedNode(settings.Name, system, HarmonyDb.Get(system));
        }
        catch
        {
            await system.Terminate().WaitAsync(StopLimit);
            throw;
        }
    }

    /// <summary>Ends the ActorSystem, as its application would; the node goes with it.</summary>
    public async Task<NodeStopReason> StopAsync()
    {
        await System.Terminate().WaitAsync(StopLimit);
        return await Database.Completion.WaitAsync(StopLimit);
    }

    public Task<PutResult> PutAsync(string key, string value) => Database.PutAsync(new PutRequest(Bytes(key), Bytes(value)));

    /// <summary>The value of a key, read linearizably; null when there is none.</summary>
    public async Task<string?> GetAsync(string key)
    {
        RangeResult result = await Database.RangeAsync(new RangeRequest(Bytes(key)));
        return result.Count == 0 ? null : Text(result.KeyValues[0].Value);
    }

    /// <summary>All that begins with a prefix.</summary>
    public Task<RangeResult> PrefixAsync(string prefix, bool serializable = false)
    {
        byte[] end = Bytes(prefix);
        end[^1]++;
        return Database.RangeAsync(new RangeRequest(Bytes(prefix), end) { Serializable = serializable });
    }

    /// <summary>All this node has applied, each key with all its numbers, as lines.</summary>
    public async Task<IReadOnlyList<string>> ContentAsync()
    {
        RangeResult all = await Database.RangeAsync(new RangeRequest(new byte[] { 0 }, new byte[] { 0 }) { Serializable = true });
        return
        [
            $"revision {all.Header.Revision}",
            .. all.KeyValues.Select(kv => $"{Text(kv.Key)}={Text(kv.Value)} {kv.CreateRevision} {kv.ModRevision} {kv.Version} {kv.Lease}"),
        ];
    }

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    public static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);
}
