using System.Diagnostics;
using System.Globalization;
using HarmonyDB.Faults.KillLeader;
using HarmonyDB.Faults.Registers;
using HarmonyDB.Testing;

namespace HarmonyDB.Faults.Kills;

/// <summary>
/// <c>kills</c>: SIGKILL to the leader, to followers, to two at once or to all, again and again, under clients. A killed node is started again at once,
/// and may be killed again while it recovers. At the end every acknowledged write must be there, and all that clients were told about registers must
/// be linearizable.
/// </summary>
internal static class KillsProgram
{
    private const int WriterCount = 6;
    private static readonly TimeSpan WriterPause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan RegisterPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan StayingTimeout = TimeSpan.FromSeconds(5);

    public static async Task<int> RunAsync(int kills, int seed, CancellationToken cancellationToken)
    {
        Console.WriteLine($"kills: {kills}, of three nodes, {WriterCount} writers, seed {seed}");
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(TimeSpan.FromMinutes(3) + (kills * TimeSpan.FromSeconds(10)));
        var history = new WriteHistory();
        var registers = new RegisterHistory();
        var stopped = new Durations();
        var (killed, all, leaders) = (0, 0, 0);
        await using var cluster = new ClusterProcesses(new ClusterProcessesOptions());
        await cluster.StartAsync(deadline.Token);
        var began = Stopwatch.StartNew();
        await using (var writers = new Writers(history, cluster.Nodes, WriterCount, WriterPause))
        await using (var clients = new RegisterClients(registers, cluster.Nodes, stayingWithEach: 1, StayingTimeout, RegisterPause, seed))
        {
            var random = new Random(seed);
            while (killed < kills)
            {
                await Task.Delay(random.Next(0, 1500), deadline.Token);
                var leader = await Progress.TryFindLeaderAsync(cluster, deadline.Token);
                var victims = Victims(random, cluster.Nodes, leader);
                await KillAsync(cluster.Nodes, victims, history, stopped, deadline.Token);
                killed += victims.Count;
                all += victims.Count == cluster.Nodes.Count ? 1 : 0;
                leaders += leader is not null && victims.Contains(leader) ? 1 : 0;
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"  {began.Elapsed.TotalSeconds,5:F0} s: {string.Join(", ", victims.Select(v => v == leader ? $"{v.Name} (leader)" : v.Name)),-24} "
                    + $"{killed,4} killed, {history.AcknowledgedCount} acknowledged"));
            }

            await writers.StopAsync();
            await clients.StopAsync();
        }

        var figures = new Figures();
        figures.Add("kills", killed, "kills");
        figures.Add("kills-of-leader", leaders, "kills");
        figures.Add("kills-of-all", all, "times");
        figures.Add("kills-seconds", began.Elapsed.TotalSeconds, "s");
        figures.Add("kills-write-gap-worst", stopped.Milliseconds(1), "ms");
        return await Judgement.RunAsync(cluster, history, registers, figures, deadline.Token);
    }

    private static List<NodeProcess> Victims(Random random, IReadOnlyList<NodeProcess> nodes, NodeProcess? leader)
    {
        var dice = random.Next(100);
        if (dice < 10)
        {
            return [.. nodes];
        }

        NodeProcess[] shuffled = [.. nodes];
        random.Shuffle(shuffled);
        if (dice < 30)
        {
            return [.. shuffled.Take(2)];
        }

        return [dice < 70 && leader is not null ? leader : shuffled[0]];
    }

    private static async Task KillAsync(
        IReadOnlyList<NodeProcess> nodes, List<NodeProcess> victims, WriteHistory history, Durations stopped, CancellationToken cancellationToken)
    {
        var since = Stopwatch.StartNew();
        foreach (var victim in victims)
        {
            victim.Kill();
        }

        foreach (var victim in victims)
        {
            victim.Start();
        }

        await Progress.WaitAsync(nodes, history, WriterCount, cancellationToken);
        stopped.Add(since.Elapsed);
    }
}
