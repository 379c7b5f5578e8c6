using System.Diagnostics;
using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Log;
using HarmonyDB.Testing;

namespace HarmonyDB.Benchmarks.Log;

/// <summary>
/// <c>log</c>: the replicated log alone on this machine's disk. Flushed appends beside a bare loop of <c>pwrite</c> and <c>fdatasync</c> on a file of the same kind, in turn;
/// entries a second when a thousand wait for each flush; bytes a second that opening reads and verifies.
/// </summary>
internal static class LogBenchmark
{
    private const double AppendMinimum = 0.9;
    private const double BatchMinimum = 500_000;
    private const double ReplayMinimum = 800;

    private const int PayloadBytes = 256;
    private const int BatchEntries = 1_000;
    private const int SegmentBytes = 64 << 20;
    private const double Mebibyte = 1 << 20;

    private const int PairsPerRound = 10;

    private static readonly TimeSpan BatchTurn = TimeSpan.FromSeconds(0.5);

    // A piece of time short enough that the device is the same for both sides of a pair.
    private static readonly TimeSpan AppendTurn = TimeSpan.FromSeconds(0.05);

    /// <summary>Runs the benchmark.</summary>
    /// <param name="rounds">How many; figures are medians, that of appends over ten pairs of short turns in each round.</param>
    /// <param name="folder">Where to create a folder for it.</param>
    /// <param name="replayMebibytes">How much log to open.</param>
    /// <param name="isChecked">Whether a figure that misses its limit fails the run.</param>
    /// <returns>The exit code.</returns>
    public static int Run(int rounds, string folder, int replayMebibytes, bool isChecked)
    {
        var directory = Path.Combine(folder, $"harmony-log-{Environment.ProcessId}");
        Directory.CreateDirectory(directory);
        try
        {
            var figures = new Figures();
            Console.WriteLine($"{directory}: {rounds} rounds");
            var append = MeasureAppends(Path.Combine(directory, "append"), rounds, figures);
            var batch = MeasureBatches(Path.Combine(directory, "batch"), rounds);
            figures.Add("log-batch", Math.Round(batch), "records/s");
            var replay = MeasureReplay(Path.Combine(directory, "replay"), rounds, replayMebibytes);
            figures.Add("log-replay", replay, "MB/s");
            figures.Print(Console.Out);
            var isReached = append >= AppendMinimum && batch >= BatchMinimum && replay >= ReplayMinimum;
            Console.WriteLine(isReached
                ? "all figures reach their limits"
                : $"short of the limits: {AppendMinimum} of the bare loop, {BatchMinimum:F0} records/s and {ReplayMinimum:F0} MB/s are wanted");
            return isChecked && !isReached ? 1 : 0;
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static double MeasureAppends(string directory, int rounds, Figures figures)
    {
        var disk = new SystemDisk();
        using var log = OpenLog(disk, directory);
        using var bare = CreateZeroFilled(disk, Path.Combine(directory, "bare"));
        var record = new byte[PayloadBytes];
        var ratios = new List<double>();
        var logRates = new List<double>();
        var bareRates = new List<double>();
        long bareOffset = 0;
        for (var pair = -1; pair < rounds * PairsPerRound; pair++)
        {
            var bareRate = Rate(AppendTurn, () =>
            {
                bare.Write(bareOffset, record);
                bare.Flush();
                bareOffset = (bareOffset + PayloadBytes) % (SegmentBytes - PayloadBytes);
            });
            var logRate = Rate(AppendTurn, () =>
            {
                log.Append(null, [new LogEntry(log.LastIndex + 1, 1, 0, record)]);
                log.Flush();
            });

            // The first pair warms up.
            if (pair >= 0)
            {
                bareRates.Add(bareRate);
                logRates.Add(logRate);
                ratios.Add(logRate / bareRate);
            }
        }

        var ratio = Median(ratios);
        figures.Add("log-append", ratio, "of-bare-loop");
        figures.Add("log-append-rate", Median(logRates), "appends/s");
        figures.Add("log-append-bare-rate", Median(bareRates), "appends/s");
        return ratio;
    }

    private static double MeasureBatches(string directory, int rounds)
    {
        using var log = OpenLog(new SystemDisk(), directory);
        var record = new byte[PayloadBytes];
        var entries = new LogEntry[BatchEntries];
        var rates = new List<double>();
        for (var round = -1; round < rounds; round++)
        {
            var rate = Rate(BatchTurn, () =>
            {
                var first = log.LastIndex + 1;
                for (var i = 0; i < entries.Length; i++)
                {
                    entries[i] = new LogEntry(first + (ulong)i, 1, 0, record);
                }

                log.Append(null, entries);
                log.Flush();
            });
            if (round >= 0)
            {
                rates.Add(rate * BatchEntries);
            }

            // The disk is for the next round.
            log.TruncatePrefix(log.LastIndex + 1);
        }

        return Median(rates);
    }

    private static double MeasureReplay(string directory, int rounds, int mebibytes)
    {
        var disk = new SystemDisk();
        var record = new byte[PayloadBytes];
        new Random(1).NextBytes(record);
        long bytes;
        using (var log = OpenLog(disk, directory))
        {
            while (log.LengthBytes <= mebibytes * (long)Mebibyte)
            {
                var first = log.LastIndex + 1;
                log.Append(null, [.. Enumerable.Range(0, BatchEntries).Select(i => new LogEntry(first + (ulong)i, 1, 0, record))]);
            }

            bytes = log.LengthBytes;
            log.Close();
        }

        var rates = new List<double>();
        for (var round = -1; round < rounds; round++)
        {
            var started = Stopwatch.GetTimestamp();
            OpenLog(disk, directory).Dispose();
            var elapsed = Stopwatch.GetElapsedTime(started);
            if (round >= 0)
            {
                rates.Add(bytes / 1e6 / elapsed.TotalSeconds);
            }
        }

        return Median(rates);
    }

    private static SegmentedLog OpenLog(SystemDisk disk, string directory) =>
        SegmentedLog.Open(disk, directory, new LogOptions { OwnerId = 1, SegmentBytes = SegmentBytes });

    private static IDiskFile CreateZeroFilled(SystemDisk disk, string path)
    {
        var file = disk.Open(path, DiskFileMode.CreateNew);
        file.Allocate(SegmentBytes);
        var zeros = new byte[1 << 20];
        for (long offset = 0; offset < SegmentBytes; offset += zeros.Length)
        {
            file.Write(offset, zeros);
        }

        file.Flush();
        return file;
    }

    private static double Rate(TimeSpan turn, Action action)
    {
        var started = Stopwatch.GetTimestamp();
        var count = 0;
        while (Stopwatch.GetElapsedTime(started) < turn)
        {
            action();
            count++;
        }

        return count / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }
}
