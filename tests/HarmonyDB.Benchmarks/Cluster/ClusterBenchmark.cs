using System.Globalization;
using Google.Protobuf;
using HarmonyDB.Server.Client;
using HarmonyDB.Server.Etcd;
using HarmonyDB.Testing;

namespace HarmonyDB.Benchmarks.Cluster;

/// <summary>
/// <c>cluster</c>: puts and linearizable gets against the leader of three node processes that flush their logs, by one client and by many, and in the
/// same run what the disk can do alone. Clients and nodes share this machine's processors.
/// </summary>
internal static class ClusterBenchmark
{
    private const int ManyClients = 256;
    private const int Keys = 10_000;
    private const int LogFrameBytes = 64;
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(10);

    public static async Task<int> RunAsync(TimeSpan duration, int valueBytes, CancellationToken cancellationToken)
    {
        await using var cluster = new ClusterProcesses(new ClusterProcessesOptions());
        await cluster.StartAsync(cancellationToken);
        var leader = await cluster.LeaderAsync(cluster.Nodes, cancellationToken);
        using var client = ClusterProcesses.Client(RequestTimeout, leader);
        var value = new byte[valueBytes];
        Random.Shared.NextBytes(value);
        var stored = ByteString.CopyFrom(value);
        Console.WriteLine($"three nodes on {Environment.ProcessorCount} processors, values of {valueBytes} bytes, {duration.TotalSeconds:F0} s each");
        Console.WriteLine(Measurement.TableHead);

        var disk = Show(await DiskLimit.MeasureAsync(Path.GetTempPath(), valueBytes + LogFrameBytes, duration, cancellationToken));
        var putOne = Show(await Measurement.RunAsync("put-1", 1, duration, PutAsync, cancellationToken));
        var putMany = Show(await Measurement.RunAsync($"put-{ManyClients}", ManyClients, duration, PutAsync, cancellationToken));
        await FillAsync(client, stored, cancellationToken);
        var getOne = Show(await Measurement.RunAsync("get-1", 1, duration, GetAsync, cancellationToken));
        var getSome = Show(await Measurement.RunAsync("get-64", 64, duration, GetAsync, cancellationToken));
        var getMany = Show(await Measurement.RunAsync($"get-{ManyClients}", ManyClients, duration, GetAsync, cancellationToken));
        var diskAfter = Show(await DiskLimit.MeasureAsync(Path.GetTempPath(), valueBytes + LogFrameBytes, duration, cancellationToken));

        var figures = new Figures();
        Measurement[] measurements = [disk, putOne, putMany, getOne, getSome, getMany];
        foreach (var measurement in measurements)
        {
            measurement.AddTo(figures);
        }

        // The disk is measured before and after: a ratio to a limit that moved meanwhile would mean nothing.
        figures.Add("write-and-flush-after-per-second", diskAfter.PerSecond, "operations/s");
        var limit = (disk.PerSecond + diskAfter.PerSecond) / 2;
        figures.Add("put-1-over-write-and-flush", putOne.PerSecond / limit, "ratio");
        figures.Add($"put-{ManyClients}-over-write-and-flush", putMany.PerSecond / limit, "ratio");
        figures.Add("failed-operations", measurements.Sum(m => m.Failures), "operations");
        figures.Print(Console.Out);
        return measurements.All(m => m is { Failures: 0, PerSecond: > 0 }) ? 0 : 1;

        async Task<bool> PutAsync(int writer, int number)
        {
            var key = ByteString.CopyFromUtf8(string.Create(CultureInfo.InvariantCulture, $"put/{writer:D3}/{number % Keys:D5}"));
            try
            {
                await client.PutAsync(new PutRequest { Key = key, Value = stored }, cancellationToken);
                return true;
            }
            catch (EtcdException)
            {
                // Counted: a run with failures is not a good one.
                return false;
            }
        }

        async Task<bool> GetAsync(int reader, int number)
        {
            try
            {
                var response = await client.RangeAsync(new RangeRequest { Key = GetKey(((reader * 7919) + number) % Keys) }, cancellationToken);
                return response.Count == 1;
            }
            catch (EtcdException)
            {
                return false;
            }
        }
    }

    private static Measurement Show(Measurement measurement)
    {
        Console.WriteLine(measurement);
        return measurement;
    }

    private static ByteString GetKey(int number) => ByteString.CopyFromUtf8(string.Create(CultureInfo.InvariantCulture, $"get/{number:D5}"));

    private static async Task FillAsync(EtcdClient client, ByteString value, CancellationToken cancellationToken)
    {
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = ManyClients, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(Enumerable.Range(0, Keys), parallel, async (i, token) =>
            await client.PutAsync(new PutRequest { Key = GetKey(i), Value = value }, token));
    }
}
