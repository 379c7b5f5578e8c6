using Google.Protobuf;
using HarmonyDB.Server.Etcd;
using HarmonyDB.Testing;

namespace HarmonyDB.Faults.KillLeader;

/// <summary>Compares what nodes have with what clients were told, and with each other.</summary>
internal static class Comparison
{
    private static readonly TimeSpan ReadTimeout = TimeSpan.FromSeconds(60);

    /// <summary>Reads every node, as it stands and linearizably.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="nodes">All its members.</param>
    /// <param name="history">What clients were told.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <param name="isQuiet">Whether to print only what is not as it should be.</param>
    public static async Task<(int Lost, int Wrong, int DistinctChecksums)> RunAsync(
        ClusterProcesses cluster, IReadOnlyList<NodeProcess> nodes, WriteHistory history, CancellationToken cancellationToken, bool isQuiet = false)
    {
        var revision = await CommittedRevisionAsync(await cluster.LeaderAsync(nodes, cancellationToken), cancellationToken);
        var lost = new HashSet<string>();
        var wrong = new HashSet<string>();
        var checksums = new HashSet<string>();
        foreach (var node in nodes)
        {
            await cluster.RevisionAppliedAsync(node, revision, cancellationToken);
            using var client = ClusterProcesses.Client(ReadTimeout, node);
            foreach (var isSerializable in (bool[])[true, false])
            {
                var content = await KeySpaceContent.ReadAsync(client, isSerializable, cancellationToken);
                var verdict = history.Judge(content.Keys);
                lost.UnionWith(verdict.Lost);
                wrong.UnionWith(verdict.Wrong);
                checksums.Add(content.Checksum);
                if (isQuiet && checksums.Count == 1 && verdict is { Lost.Count: 0, Wrong.Count: 0 })
                {
                    continue;
                }

                Console.WriteLine(
                    $"  {node.Name} {(isSerializable ? "serializable" : "linearizable")}: {content.Keys.Count} keys, sha256 {content.Checksum}, "
                    + $"{verdict.Lost.Count} lost {Examples(verdict.Lost)}, {verdict.Wrong.Count} wrong {Examples(verdict.Wrong)}");
            }
        }

        return (lost.Count, wrong.Count, checksums.Count);
    }

    // A leader that was just elected may not have applied what its predecessor acknowledged: only a linearizable read knows how far that goes.
    private static async Task<long> CommittedRevisionAsync(NodeProcess leader, CancellationToken cancellationToken)
    {
        using var client = ClusterProcesses.Client(ReadTimeout, leader);
        var first = ByteString.CopyFrom(0);
        return (await client.RangeAsync(new RangeRequest { Key = first }, cancellationToken)).Header.Revision;
    }

    private static string Examples(IReadOnlyList<string> keys) => keys.Count == 0 ? "" : $"({string.Join(", ", keys.Take(5))})";
}
