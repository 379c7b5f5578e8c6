using HarmonyDB.Testing;

namespace HarmonyDB.Faults.KillLeader;

/// <summary>Compares what nodes have with what clients were told, and with each other.</summary>
internal static class Comparison
{
    private static readonly TimeSpan ReadTimeout = TimeSpan.FromSeconds(60);

    /// <summary>Reads every node, as it stands and linearizably.</summary>
    public static async Task<(int Lost, int Wrong, int DistinctChecksums)> RunAsync(
        ClusterProcesses cluster, IReadOnlyList<NodeProcess> nodes, WriteHistory history, CancellationToken cancellationToken)
    {
        var leader = await cluster.LeaderAsync(nodes, cancellationToken);
        var revision = (await cluster.TryStatusAsync(leader, cancellationToken))?.Header.Revision ?? 0;
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
                Console.WriteLine(
                    $"  {node.Name} {(isSerializable ? "serializable" : "linearizable")}: {content.Keys.Count} keys, sha256 {content.Checksum}, "
                    + $"{verdict.Lost.Count} lost {Examples(verdict.Lost)}, {verdict.Wrong.Count} wrong {Examples(verdict.Wrong)}");
            }
        }

        return (lost.Count, wrong.Count, checksums.Count);
    }

    private static string Examples(IReadOnlyList<string> keys) => keys.Count == 0 ? "" : $"({string.Join(", ", keys.Take(5))})";
}
