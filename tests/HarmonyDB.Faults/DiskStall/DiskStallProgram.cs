using System.Diagnostics;
using System.Globalization;
using HarmonyDB.Faults.KillLeader;
using HarmonyDB.Testing;

namespace HarmonyDB.Faults.DiskStall;

/// <summary>
/// <c>disk-stall</c>: clients write as fast as they can while, again and again, the file system under a follower is frozen for three seconds.
/// A follower that waits for its disk still hears heartbeats and answers them: nobody may stand for election.
/// </summary>
/// <remarks>
/// Freezing is the kernel's own (FIFREEZE): who writes or flushes there waits, and nothing else is slower for it. Delaying the calls with strace slows
/// the whole process, and so measured strace.
/// </remarks>
internal static class DiskStallProgram
{
    private const long ImageBytes = 4L << 30;
    private const int RecordedOneIn = 16;
    private static readonly string[] MakeFileSystem = ["mkfs.ext4", "-q", "-F"];
    private static readonly TimeSpan Stall = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan StallInterval = TimeSpan.FromSeconds(20);

    public static async Task<int> RunAsync(TimeSpan duration, int writerCount, CancellationToken cancellationToken)
    {
        Console.WriteLine(
            $"disk-stall: {duration.TotalMinutes:F0} min, {writerCount} writers, {Environment.ProcessorCount} processors, the file system of a follower frozen "
            + $"for {Stall.TotalSeconds:F0} s every {StallInterval.TotalSeconds:F0} s");
        if (LoopFileSystem.Obstacle(MakeFileSystem) is { } obstacle)
        {
            return Skip.Because($"disk-stall needs a file system that can be frozen: {obstacle}");
        }

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(duration + TimeSpan.FromMinutes(5));
        var folder = Directory.CreateTempSubdirectory("harmony-stall-").FullName;
        var disks = new Dictionary<string, LoopFileSystem>();
        try
        {
            foreach (var name in (string[])["n1", "n2", "n3"])
            {
                disks[name] = LoopFileSystem.Create(Path.Combine(folder, $"{name}.img"), Path.Combine(folder, name), ImageBytes, MakeFileSystem);
            }

            return await RunAsync(duration, writerCount, disks, deadline.Token);
        }
        finally
        {
            foreach (var disk in disks.Values)
            {
                disk.Dispose();
            }

            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<int> RunAsync(
        TimeSpan duration, int writerCount, Dictionary<string, LoopFileSystem> disks, CancellationToken cancellationToken)
    {
        var history = new WriteHistory();
        var options = new ClusterProcessesOptions { DataFolder = name => Path.Combine(disks[name].MountPoint, "data") };
        await using var cluster = new ClusterProcesses(options);
        await cluster.StartAsync(cancellationToken);
        var firstTerm = (await LeaderAsync(cluster, cancellationToken)).Term;
        var preVotesAtStart = cluster.Nodes.Sum(PreVotes);
        var stalls = 0;
        long acknowledged;
        double seconds;
        await using (var writers = new Writers(history, cluster.Nodes, writerCount, recordedOneIn: RecordedOneIn))
        {
            var began = Stopwatch.StartNew();
            while (began.Elapsed < duration)
            {
                // Half of the rest of the interval before the stall, half after it: also the shortest run has load on both sides.
                var part = (TimeSpan.FromTicks(Math.Min(StallInterval.Ticks, (duration - began.Elapsed).Ticks)) - Stall) / 2;
                await Task.Delay(part > TimeSpan.Zero ? part : TimeSpan.Zero, cancellationToken);
                var (leader, term) = await LeaderAsync(cluster, cancellationToken);
                List<NodeProcess> followers = [.. cluster.Nodes.Where(n => n != leader)];
                var follower = followers[stalls % followers.Count];
                await disks[follower.Name].FreezeAsync(Stall, cancellationToken);
                stalls++;
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"  {began.Elapsed.TotalSeconds,4:F0} s: {follower.Name} was frozen, {leader.Name} led in term {term}, "
                    + $"{history.AcknowledgedCount + writers.UnrecordedCount} acknowledged"));
                await Task.Delay(part > TimeSpan.Zero ? part : TimeSpan.Zero, cancellationToken);
            }

            seconds = began.Elapsed.TotalSeconds;
            await writers.StopAsync();
            acknowledged = history.AcknowledgedCount + writers.UnrecordedCount;
        }

        var elections = (await LeaderAsync(cluster, cancellationToken)).Term - firstTerm;
        var differences = await Comparison.RunAsync(cluster, cluster.Nodes, history, cancellationToken);
        var noticed = cluster.Nodes.SelectMany(n => StallNotices.Read(File.ReadLines(n.LogFile))).ToList();
        return Verdict(elections, cluster.Nodes.Sum(PreVotes) - preVotesAtStart, stalls, seconds, acknowledged, noticed, differences);
    }

    private static int Verdict(
        long elections,
        int preVotes,
        int stalls,
        double seconds,
        long acknowledged,
        List<TimeSpan> noticed,
        (int Lost, int Wrong, int DistinctChecksums) differences)
    {
        var atLeast = Stall - TimeSpan.FromMilliseconds(500);
        var figures = new Figures();
        figures.Add("needless-elections", elections, "elections");
        figures.Add("needless-pre-votes", preVotes, "rounds");
        figures.Add("stalls", stalls, "stalls");
        figures.Add("stalls-noticed", noticed.Count(n => n >= atLeast), "stalls");
        figures.Add("stall-longest-noticed", noticed.Count == 0 ? 0 : noticed.Max().TotalSeconds, "s");
        figures.Add("load-seconds", seconds, "s");
        figures.Add("acknowledged-writes", acknowledged, "writes");
        figures.Add("acknowledged-writes-per-second", acknowledged / seconds, "writes/s");
        figures.Add("lost-writes", differences.Lost, "writes");
        figures.Add("wrong-keys", differences.Wrong, "keys");
        figures.Print(Console.Out);
        if (stalls == 0 || acknowledged == 0 || noticed.Count(n => n >= atLeast) < stalls)
        {
            Console.WriteLine("FAILED: it proved nothing: no writes, or stalls that the follower did not notice");
            return 1;
        }

        var isGood = elections == 0 && differences is { Lost: 0, Wrong: 0, DistinctChecksums: 1 };
        Console.WriteLine(isGood ? "ok: nobody stood for election" : "FAILED");
        return isGood ? 0 : 1;
    }

    // Each is a heartbeat that was late by an election timeout; the others' answer is no, and no election comes of it.
    private static int PreVotes(NodeProcess node) => File.ReadLines(node.LogFile).Count(l => l.Contains("PreCandidate in term", StringComparison.Ordinal));

    private static async Task<(NodeProcess Node, long Term)> LeaderAsync(ClusterProcesses cluster, CancellationToken cancellationToken)
    {
        while (true)
        {
            // Under full load the status may come late; then it is asked again.
            var leader = await cluster.LeaderAsync(cluster.Nodes, cancellationToken);
            if (await cluster.TryStatusAsync(leader, cancellationToken) is { } status)
            {
                return (leader, (long)status.RaftTerm);
            }
        }
    }
}
