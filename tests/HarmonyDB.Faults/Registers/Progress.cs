using System.Diagnostics;
using HarmonyDB.Faults.KillLeader;
using HarmonyDB.Testing;

namespace HarmonyDB.Faults.Registers;

/// <summary>Waits for a cluster that was hurt to do its work again.</summary>
internal static class Progress
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(10);

    /// <summary>Waits until more writes were acknowledged than can have been on their way already.</summary>
    /// <param name="nodes">The nodes; none may have ended by itself.</param>
    /// <param name="history">The writes.</param>
    /// <param name="writers">How many writes can be on their way at once.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="InvalidOperationException">A node ended by itself.</exception>
    /// <exception cref="TimeoutException">Nothing was acknowledged for a minute.</exception>
    public static async Task WaitAsync(IReadOnlyList<NodeProcess> nodes, WriteHistory history, int writers, CancellationToken cancellationToken)
    {
        var enough = history.AcknowledgedCount + writers + 1;
        var waited = Stopwatch.StartNew();
        while (history.AcknowledgedCount < enough)
        {
            if (nodes.FirstOrDefault(n => n.HasEnded) is { } ended)
            {
                throw new InvalidOperationException($"{ended.Name} ended by itself. Its last words:\n{ended.LastOutput()}");
            }

            if (waited.Elapsed > Timeout)
            {
                var outputs = nodes.Select(n => $"--- {n.Name}\n{n.LastOutput()}");
                throw new TimeoutException($"No write was acknowledged for {Timeout.TotalSeconds:F0} s.\n{string.Join('\n', outputs)}");
            }

            await Task.Delay(PollInterval, cancellationToken);
        }
    }

    /// <summary>The node that says it leads, in the highest term that any says so for; null when none does.</summary>
    public static async Task<NodeProcess?> TryFindLeaderAsync(ClusterProcesses cluster, CancellationToken cancellationToken)
    {
        var statuses = await Task.WhenAll(cluster.Nodes.Select(async node => (Node: node, Status: await cluster.TryStatusAsync(node, cancellationToken))));
        return statuses.Where(s => s.Status is { } status && status.Leader == status.Header.MemberId && status.Leader != 0)
            .OrderByDescending(s => s.Status!.RaftTerm).FirstOrDefault().Node;
    }
}
