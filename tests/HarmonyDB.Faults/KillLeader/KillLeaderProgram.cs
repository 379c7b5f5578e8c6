using System.Diagnostics;
using System.Globalization;
using HarmonyDB.Testing;

namespace HarmonyDB.Faults.KillLeader;

/// <summary>
/// <c>kill-leader</c>: clients write new keys all the time while the leader is killed with SIGKILL, again and again; each time another one must take
/// over and the killed one come back. At the end every node must have every acknowledged write, nothing that was refused, nothing twice,
/// and the same as the others.
/// </summary>
internal static class KillLeaderProgram
{
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LeaderlessTimeout = TimeSpan.FromSeconds(60);

    // What the limits are for; fewer rounds tell little where others use the machine too.
    private const int RoundsJudged = 30;

    // With default settings: half a second without a leader's heartbeat at most, then an election, or two if the votes were split.
    private static readonly TimeSpan MedianMaximum = TimeSpan.FromSeconds(0.6);
    private static readonly TimeSpan WorstMaximum = TimeSpan.FromSeconds(1.5);

    public static async Task<int> RunAsync(KillLeaderOptions options, CancellationToken cancellationToken)
    {
        Console.WriteLine($"kill-leader: {options.Rounds} rounds, {options.Nodes} nodes, {options.Writers} writers, seed {options.Seed}");
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(TimeSpan.FromMinutes(3) + (options.Rounds * TimeSpan.FromSeconds(30)));
        var history = new WriteHistory();
        var leaderless = new Durations();
        await using var cluster = new ClusterProcesses(new ClusterProcessesOptions { Nodes = options.Nodes });
        await cluster.StartAsync(deadline.Token);
        await using (var writers = new Writers(history, cluster.Nodes, options.Writers))
        {
            var random = new Random(options.Seed);
            for (var round = 1; round <= options.Rounds; round++)
            {
                await Task.Delay(random.Next(200, 1000), deadline.Token);
                leaderless.Add(await RoundAsync(cluster, history, round, deadline.Token));
            }

            await writers.StopAsync();
        }

        var differences = await Comparison.RunAsync(cluster, cluster.Nodes, history, deadline.Token);
        var figures = new Figures();
        figures.Add("kills", options.Rounds, "kills");
        figures.Add("acknowledged-writes", history.AcknowledgedCount, "writes");
        figures.Add("lost-writes", differences.Lost, "writes");
        figures.Add("wrong-keys", differences.Wrong, "keys");
        figures.Add("unknown-outcomes", history.UnknownCount, "writes");
        figures.Add("distinct-checksums", differences.DistinctChecksums, "checksums");
        figures.Add("failover-median-ms", leaderless.Milliseconds(0.5), "ms");
        figures.Add("failover-worst-ms", leaderless.Milliseconds(1), "ms");
        figures.Print(Console.Out);

        var isFast = IsWithin("median", leaderless.Milliseconds(0.5), MedianMaximum) & IsWithin("worst", leaderless.Milliseconds(1), WorstMaximum);
        var isSafe = differences is { Lost: 0, Wrong: 0, DistinctChecksums: 1 } && history.AcknowledgedCount > 0;
        Console.WriteLine(isSafe ? "ok: nothing acknowledged was lost, and all nodes have the same" : "FAILED: acknowledged writes are not as acknowledged");
        return isSafe && (isFast || options.Rounds < RoundsJudged) ? 0 : 1;
    }

    private static bool IsWithin(string name, double milliseconds, TimeSpan maximum)
    {
        var isWithin = milliseconds <= maximum.TotalMilliseconds;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{(isWithin ? "ok" : "over the limit")}: failover, {name}: {milliseconds:F0} ms of at most {maximum.TotalMilliseconds:F0} ms"));
        return isWithin;
    }

    private static async Task<TimeSpan> RoundAsync(ClusterProcesses cluster, WriteHistory history, int round, CancellationToken cancellationToken)
    {
        var killed = await cluster.LeaderAsync(cluster.Nodes, cancellationToken);
        List<NodeProcess> survivors = [.. cluster.Nodes.Where(n => n != killed)];
        var term = (await cluster.TryStatusAsync(killed, cancellationToken))?.RaftTerm ?? 0;
        var sinceKill = Stopwatch.StartNew();
        killed.Kill();
        await FirstAcknowledgedAsync(survivors, history, round, sinceKill, cancellationToken);
        var leaderless = sinceKill.Elapsed;

        var leader = await cluster.LeaderAsync(survivors, cancellationToken);
        var status = await cluster.TryStatusAsync(leader, cancellationToken);
        killed.Start();
        await cluster.LeaderAsync(cluster.Nodes, cancellationToken);
        var revision = (await cluster.TryStatusAsync(leader, cancellationToken))?.Header.Revision ?? 0;
        await cluster.RevisionAppliedAsync(killed, revision, cancellationToken);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  round {round,3}: {killed.Name} killed, first write after {leaderless.TotalMilliseconds,6:F0} ms by {leader.Name} "
            + $"after {(status?.RaftTerm ?? 0) - term} terms, "
            + $"{killed.Name} back after {sinceKill.Elapsed.TotalMilliseconds,6:F0} ms, {history.AcknowledgedCount} acknowledged"));
        return leaderless;
    }

    /// <summary>
    /// Begins a new write every few milliseconds, now through one survivor and now through another, until one of them is acknowledged. They all begin after the
    /// kill, so it is the new leader's; and none has to wait for the time-out of one that was on its way to the old one.
    /// </summary>
    private static async Task FirstAcknowledgedAsync(
        List<NodeProcess> survivors, WriteHistory history, int round, Stopwatch sinceKill, CancellationToken cancellationToken)
    {
        var clients = survivors.Select(n => ClusterProcesses.Client(ProbeTimeout, n)).ToList();
        var acknowledged = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var probes = new List<Task>();
        for (var i = 0; !acknowledged.Task.IsCompleted; i++)
        {
            if (sinceKill.Elapsed > LeaderlessTimeout)
            {
                var outputs = survivors.Select(n => $"--- {n.Name}\n{n.LastOutput()}");
                throw new TimeoutException($"Round {round}: no write was acknowledged for {LeaderlessTimeout.TotalSeconds} s.\n{string.Join('\n', outputs)}");
            }

            var key = string.Create(CultureInfo.InvariantCulture, $"probe/{round:D5}/{i:D6}");
            probes.Add(ProbeAsync(clients[i % clients.Count], key));
            await Task.WhenAny(acknowledged.Task, Task.Delay(ProbeInterval, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
        }

        await Task.WhenAll(probes);
        clients.ForEach(c => c.Dispose());

        async Task ProbeAsync(Server.Client.EtcdClient client, string key)
        {
            if (await Writers.WriteAsync(client, history, key, CancellationToken.None))
            {
                acknowledged.TrySetResult();
            }
        }
    }
}
