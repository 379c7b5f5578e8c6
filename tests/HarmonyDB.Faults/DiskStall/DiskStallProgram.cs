using System.Diagnostics;
using System.Globalization;
using HarmonyDB.Faults.KillLeader;
using HarmonyDB.Testing;

namespace HarmonyDB.Faults.DiskStall;

/// <summary>
/// <c>disk-stall</c>: clients write as fast as they can while, once a minute, one flush of a follower takes three seconds (strace delays the system
/// call). A follower that waits for its disk still hears heartbeats and answers them: nobody may stand for election.
/// </summary>
internal static class DiskStallProgram
{
    private static readonly TimeSpan Stall = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan StallInterval = TimeSpan.FromMinutes(1);

    public static async Task<int> RunAsync(TimeSpan duration, int writerCount, CancellationToken cancellationToken)
    {
        Console.WriteLine($"disk-stall: {duration.TotalMinutes:F0} min, {writerCount} writers, a flush of a follower takes {Stall.TotalSeconds:F0} s once a minute");
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(duration + TimeSpan.FromMinutes(5));
        var history = new WriteHistory();
        await using var cluster = new ClusterProcesses(new ClusterProcessesOptions());
        await cluster.StartAsync(deadline.Token);
        var leader = await cluster.LeaderAsync(cluster.Nodes, deadline.Token);
        var term = await TermAsync(cluster, leader, deadline.Token);
        var stalls = 0;
        await using (var writers = new Writers(history, cluster.Nodes, writerCount))
        {
            var began = Stopwatch.StartNew();
            while (began.Elapsed < duration)
            {
                // Half of the interval before the stall, half after it: also the shortest run has load on both sides.
                var part = TimeSpan.FromTicks(Math.Min(StallInterval.Ticks, (duration - began.Elapsed).Ticks) / 2);
                await Task.Delay(part, deadline.Token);
                leader = await cluster.LeaderAsync(cluster.Nodes, deadline.Token);
                var follower = cluster.Nodes.First(n => n != leader);
                await StallAsync(follower, deadline.Token);
                stalls++;
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"  {began.Elapsed.TotalSeconds,4:F0} s: {follower.Name} stalled, {history.AcknowledgedCount} acknowledged"));
                await Task.Delay(part, deadline.Token);
            }

            await writers.StopAsync();
        }

        var elections = await TermAsync(cluster, await cluster.LeaderAsync(cluster.Nodes, deadline.Token), deadline.Token) - term;
        var differences = await Comparison.RunAsync(cluster, cluster.Nodes, history, deadline.Token);
        var figures = new Figures();
        figures.Add("needless-elections", elections, "elections");
        figures.Add("stalls", stalls, "stalls");
        figures.Add("acknowledged-writes", history.AcknowledgedCount, "writes");
        figures.Add("lost-writes", differences.Lost, "writes");
        figures.Print(Console.Out);
        var isGood = elections == 0 && stalls > 0 && differences is { Lost: 0, Wrong: 0, DistinctChecksums: 1 };
        Console.WriteLine(isGood ? "ok: nobody stood for election" : "FAILED");
        return isGood ? 0 : 1;
    }

    private static async Task<long> TermAsync(ClusterProcesses cluster, NodeProcess node, CancellationToken cancellationToken) =>
        (long)((await cluster.TryStatusAsync(node, cancellationToken))?.RaftTerm ?? throw new InvalidOperationException($"{node.Name} does not answer."));

    // strace delays the first flush that it sees and lets go of the process when that is over. SIGSTOP would stop the heartbeats, too.
    private static async Task StallAsync(NodeProcess node, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("strace")
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        foreach (var argument in new[]
        {
            "-f", "-p", node.ProcessId.ToString(CultureInfo.InvariantCulture), "-o", "/dev/null", "-e", "trace=fdatasync,fsync",
            "-e", string.Create(CultureInfo.InvariantCulture, $"inject=fdatasync,fsync:delay_enter={(long)Stall.TotalMicroseconds}:when=1"),
        })
        {
            start.ArgumentList.Add(argument);
        }

        using var strace = Process.Start(start) ?? throw new InvalidOperationException("strace did not start; apt-get install strace.");
        await Task.Delay(Stall + TimeSpan.FromSeconds(1), cancellationToken);
        if (strace.HasExited)
        {
            throw new InvalidOperationException($"strace ended: {await strace.StandardError.ReadToEndAsync(cancellationToken)}");
        }

        // An interrupt makes it let go of the process; a kill would leave it stopped.
        using var interrupt = Process.Start("kill", ["-INT", strace.Id.ToString(CultureInfo.InvariantCulture)]);
        await interrupt.WaitForExitAsync(cancellationToken);
        await strace.WaitForExitAsync(cancellationToken);
    }
}
