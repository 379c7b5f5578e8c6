using System.Diagnostics;
using HarmonyDB.Testing;

namespace HarmonyDB.Benchmarks.Raft;

/// <summary>
/// <c>raft</c>: three members in one thread, with a disk and a network that take no time. What remains is the work of the core itself: how many
/// entries a second it replicates and commits, and how much it allocates for each on the leader.
/// </summary>
internal static class RaftBenchmark
{
    /// <summary>Least entries per second.</summary>
    private const double EntriesPerSecondMinimum = 2_000_000;

    /// <summary>Most bytes per entry, beyond the entry itself.</summary>
    private const double AllocatedBytesMaximum = 64;

    private const int BatchSize = 64;
    private const int PayloadBytes = 256;
    private const int WarmupBatches = 20_000;

    /// <summary>Runs the benchmark.</summary>
    /// <param name="rounds">How many rounds; the figures are their medians.</param>
    /// <param name="entriesPerRound">How many entries each round commits.</param>
    /// <param name="isChecked">Whether a figure that misses its limit fails the run.</param>
    /// <returns>The exit code.</returns>
    public static int Run(int rounds, int entriesPerRound, bool isChecked)
    {
        var cluster = new MemoryCluster(members: 3);
        cluster.Elect();
        // The same payloads again and again: entries keep them by reference, and making them is not the core's work.
        var payloads = new ReadOnlyMemory<byte>[BatchSize];
        for (var i = 0; i < payloads.Length; i++)
        {
            payloads[i] = new byte[PayloadBytes];
        }

        Replicate(cluster, payloads, WarmupBatches);
        var rates = new List<double>();
        var allocations = new List<double>();
        var batches = entriesPerRound / BatchSize;
        Console.WriteLine($"3 members in memory, batches of {BatchSize} entries of {PayloadBytes} bytes, {rounds} rounds of {batches * BatchSize} entries");
        for (var round = 0; round < rounds; round++)
        {
            var committed = cluster.Committed;
            var allocated = cluster.LeaderAllocatedBytes;
            var started = Stopwatch.GetTimestamp();
            Replicate(cluster, payloads, batches);
            var elapsed = Stopwatch.GetElapsedTime(started);
            var entries = cluster.Committed - committed;
            rates.Add(entries / elapsed.TotalSeconds);
            allocations.Add(((cluster.LeaderAllocatedBytes - allocated) / (double)entries) - MemoryCluster.EntryBytes);
        }

        var rate = Median(rates);
        var allocation = Median(allocations);
        var figures = new Figures();
        figures.Add("raft-core", Math.Round(rate), "entries/s");
        figures.Add("raft-alloc", Math.Round(allocation, 1), "bytes");
        figures.Print(Console.Out);
        var isReached = rate >= EntriesPerSecondMinimum && allocation <= AllocatedBytesMaximum;
        Console.WriteLine(isReached
            ? "both figures reach their limits"
            : $"short of the limit: at least {EntriesPerSecondMinimum:F0} entries/s and at most {AllocatedBytesMaximum:F0} bytes are wanted");
        return isChecked && !isReached ? 1 : 0;
    }

    private static void Replicate(MemoryCluster cluster, ReadOnlyMemory<byte>[] payloads, int batches)
    {
        for (var batch = 0; batch < batches; batch++)
        {
            cluster.Replicate(payloads);
        }
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }
}
