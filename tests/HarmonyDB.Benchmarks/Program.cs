using HarmonyDB.Benchmarks.Cluster;
using HarmonyDB.Benchmarks.Log;
using HarmonyDB.Benchmarks.Raft;
using HarmonyDB.Benchmarks.Store;
using HarmonyDB.Testing;

const string Usage = """
    usage: HarmonyDB.Benchmarks VERB [OPTION VALUE] ...

      cluster   a cluster of three processes on this machine: puts and linearizable gets by one and by many clients, beside the disk's own limit
                --seconds N (10) for each measurement   --value-bytes N (256)
      store     the embedded store beside LMDB and SQLite called from C, in turn (needs gcc and liblmdb-dev, and libsqlite3-dev for SQLite)
                --keys N (1000000)   --rounds N (5)   --only FIGURE,...   --dir FOLDER (the system's for temporary files)
                --open-mib N (1024) size of the file of open-ms   --check exits with 1 if a figure misses its limit
      log       the replicated log alone: flushed appends beside a bare pwrite+fdatasync loop, a thousand entries a flush, and opening
                --rounds N (9)   --dir FOLDER (the system's for temporary files)   --mib N (1024) size of the log that is opened
                --check exits with 1 if a figure misses its limit
      raft      the core alone: three members in memory, batches of 64 entries of 256 bytes
                --rounds N (5)   --entries N (2000000) per round   --check exits with 1 if a figure misses its limit
    """;
const string Check = "--check";

using var stopping = new CancellationTokenSource();

try
{
    var arguments = new Arguments(
        [.. args.Where(argument => argument != Check)],
        "--seconds", "--value-bytes", "--keys", "--rounds", "--only", "--dir", "--open-mib", "--file", "--mib", "--entries");
    switch (arguments.Verb)
    {
        case "cluster":
            Console.CancelKeyPress += (_, pressed) =>
            {
                pressed.Cancel = true;
                stopping.Cancel();
            };
            var duration = TimeSpan.FromSeconds(arguments.Number("--seconds", 10, 1, 3600));
            return await ClusterBenchmark.RunAsync(duration, arguments.Number("--value-bytes", 256, 0, 1 << 20), stopping.Token);
        case "store":
            var only = arguments.Text("--only", "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            return StoreBenchmark.Run(new StoreBenchmarkOptions(
                arguments.Number("--keys", 1_000_000, 1_000, 20_000_000),
                arguments.Number("--rounds", 5, 1, 1_000),
                Path.GetFullPath(arguments.Text("--dir", Path.GetTempPath())),
                [.. only.Select(name => StoreFigure.Named(name).Name)],
                arguments.Number("--open-mib", 1024, 1, 1 << 20),
                args.Contains(Check)));
        case "raft":
            return RaftBenchmark.Run(
                arguments.Number("--rounds", 5, 1, 1_000), arguments.Number("--entries", 2_000_000, 64, 1_000_000_000), args.Contains(Check));
        case "log":
            return LogBenchmark.Run(
                arguments.Number("--rounds", 9, 1, 1_000),
                Path.GetFullPath(arguments.Text("--dir", Path.GetTempPath())),
                arguments.Number("--mib", 1024, 1, 1 << 20),
                args.Contains(Check));
        case KilledWriter.Verb:
            return KilledWriter.Write(arguments.Text("--file", ""), (long)arguments.Number("--mib", 1024, 1, 1 << 20) << 20);
        default:
            throw new FormatException($"'{arguments.Verb}' is no verb.");
    }
}
catch (FormatException exception)
{
    Console.Error.WriteLine(exception.Message);
    Console.Error.WriteLine(Usage);
    return 2;
}
catch (Exception exception) when (exception is TimeoutException or InvalidOperationException or OperationCanceledException)
{
    Console.Error.WriteLine($"FAILED: {exception.Message}");
    return 1;
}
