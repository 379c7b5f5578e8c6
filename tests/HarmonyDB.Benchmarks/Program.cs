using HarmonyDB.Benchmarks.Cluster;
using HarmonyDB.Testing;

const string Usage = """
    usage: HarmonyDB.Benchmarks VERB [OPTION VALUE] ...

      cluster   a cluster of three processes on this machine: puts and linearizable gets by one and by many clients, beside the disk's own limit
                --seconds N (10) for each measurement   --value-bytes N (256)
    """;

using var stopping = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stopping.Cancel();
};

try
{
    var arguments = new Arguments(args, "--seconds", "--value-bytes");
    if (arguments.Verb != "cluster")
    {
        throw new FormatException($"'{arguments.Verb}' is no verb.");
    }

    var duration = TimeSpan.FromSeconds(arguments.Number("--seconds", 10, 1, 3600));
    return await ClusterBenchmark.RunAsync(duration, arguments.Number("--value-bytes", 256, 0, 1 << 20), stopping.Token);
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
