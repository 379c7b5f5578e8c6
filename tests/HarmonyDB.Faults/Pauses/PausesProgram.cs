using System.Diagnostics;
using System.Globalization;
using HarmonyDB.Faults.KillLeader;
using HarmonyDB.Faults.Registers;
using HarmonyDB.Testing;

namespace HarmonyDB.Faults.Pauses;

/// <summary>
/// <c>pauses</c>: SIGSTOP to the leader, to a follower, or to two at once, from a tenth of a second up to half a minute, under clients; then they go on
/// as if no time had passed. A leader that slept through its successor's election must not answer the reads that wait at it from what it had.
/// </summary>
internal static class PausesProgram
{
    private const int WriterCount = 6;
    private const int StayingWithEach = 4;
    private const double ShortestSeconds = 0.1;
    private static readonly TimeSpan WriterPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan RegisterPause = TimeSpan.FromMilliseconds(10);

    public static async Task<int> RunAsync(int pauses, int longestSeconds, int seed, CancellationToken cancellationToken)
    {
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"pauses: {pauses}, of {ShortestSeconds} to {longestSeconds} s, {WriterCount} writers, seed {seed}"));
        var longest = TimeSpan.FromSeconds(longestSeconds);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(TimeSpan.FromMinutes(3) + (pauses * (longest + TimeSpan.FromSeconds(5))));
        var history = new WriteHistory();
        var registers = new RegisterHistory();
        var paused = new Durations();
        var leaders = 0;
        await using var cluster = new ClusterProcesses(new ClusterProcessesOptions());
        await cluster.StartAsync(deadline.Token);
        var began = Stopwatch.StartNew();
        await using (var writers = new Writers(history, cluster.Nodes, WriterCount, WriterPause))
        await using (var clients = new RegisterClients(
            registers, cluster.Nodes, StayingWithEach, longest + TimeSpan.FromSeconds(10), RegisterPause, seed))
        {
            var random = new Random(seed);
            for (var i = 1; i <= pauses; i++)
            {
                await Task.Delay(random.Next(0, 500), deadline.Token);
                var leader = await Progress.TryFindLeaderAsync(cluster, deadline.Token);
                var sleepers = Sleepers(random, cluster.Nodes, leader);

                // As many short as long ones, in the sense of a logarithm: around an election timeout the interesting ones are short.
                var duration = TimeSpan.FromSeconds(ShortestSeconds * Math.Pow(longest.TotalSeconds / ShortestSeconds, random.NextDouble()));
                await Task.WhenAll(sleepers.Select(s => s.PauseAsync(duration, deadline.Token)));
                await Progress.WaitAsync(cluster.Nodes, history, WriterCount, deadline.Token);
                paused.Add(duration);
                leaders += leader is not null && sleepers.Contains(leader) ? 1 : 0;
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"  {began.Elapsed.TotalSeconds,5:F0} s: {string.Join(", ", sleepers.Select(s => s == leader ? $"{s.Name} (leader)" : s.Name)),-17} "
                    + $"stood still for {duration.TotalSeconds,5:F2} s, {history.AcknowledgedCount} acknowledged"));
            }

            await writers.StopAsync();
            await clients.StopAsync();
        }

        var figures = new Figures();
        figures.Add("pauses", paused.Count, "pauses");
        figures.Add("pauses-of-leader", leaders, "pauses");
        figures.Add("pause-median", paused.Milliseconds(0.5), "ms");
        figures.Add("pause-longest", paused.Milliseconds(1), "ms");
        figures.Add("pauses-seconds", began.Elapsed.TotalSeconds, "s");
        return await Judgement.RunAsync(cluster, history, registers, figures, deadline.Token);
    }

    private static List<NodeProcess> Sleepers(Random random, IReadOnlyList<NodeProcess> nodes, NodeProcess? leader)
    {
        NodeProcess[] shuffled = [.. nodes];
        random.Shuffle(shuffled);
        var dice = random.Next(100);
        return dice switch
        {
            < 15 => [.. shuffled.Take(2)],
            < 75 when leader is not null => [leader],
            _ => [shuffled[0]],
        };
    }
}
