using System.Diagnostics;
using System.Globalization;
using HarmonyDB.Testing;

namespace HarmonyDB.Benchmarks.Cluster;

/// <summary>Operations counted and timed by some clients at once, each with one operation at a time.</summary>
internal sealed class Measurement
{
    private const double Warmup = 0.2;

    private Measurement(string name, long operations, long failures, TimeSpan elapsed, Durations latencies)
    {
        Name = name;
        Failures = failures;
        PerSecond = operations / elapsed.TotalSeconds;
        MedianMilliseconds = latencies.Milliseconds(0.5);
        Milliseconds99 = latencies.Milliseconds(0.99);
    }

    /// <summary>What was measured, as in the figures' names.</summary>
    public string Name { get; }

    /// <summary>Operations that succeeded, per second.</summary>
    public double PerSecond { get; }

    /// <summary>Half of them took no longer.</summary>
    public double MedianMilliseconds { get; }

    /// <summary>99 in 100 of them took no longer.</summary>
    public double Milliseconds99 { get; }

    /// <summary>Operations that failed.</summary>
    public long Failures { get; }

    /// <summary>Runs the clients for a while, after a fifth of it to warm up.</summary>
    /// <param name="name">What is measured.</param>
    /// <param name="clients">Number of clients.</param>
    /// <param name="duration">How long is measured.</param>
    /// <param name="operation">One operation of one client, given its number and the operation's; returns whether it succeeded.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    public static async Task<Measurement> RunAsync(
        string name, int clients, TimeSpan duration, Func<int, int, Task<bool>> operation, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        var begin = duration * Warmup;
        var end = begin + duration;
        var parts = await Task.WhenAll(Enumerable.Range(0, clients).Select(client => Task.Run(() => ClientAsync(client), cancellationToken)));

        var latencies = new Durations();
        foreach (var part in parts)
        {
            latencies.Add(part.Latencies);
        }

        return new Measurement(name, latencies.Count, parts.Sum(p => p.Failures), duration, latencies);

        async Task<(Durations Latencies, long Failures)> ClientAsync(int client)
        {
            var own = new Durations();
            var failures = 0L;
            for (var number = 0; !cancellationToken.IsCancellationRequested; number++)
            {
                var started = clock.Elapsed;
                var succeeded = await operation(client, number);
                var finished = clock.Elapsed;
                if (finished >= end)
                {
                    break;
                }

                if (finished >= begin && succeeded)
                {
                    own.Add(finished - started);
                }

                failures += succeeded ? 0 : 1;
            }

            return (own, failures);
        }
    }

    /// <summary>One line of a table; see <see cref="TableHead"/>.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"  {Name,-22} {PerSecond,12:F0} {MedianMilliseconds,10:F3} {Milliseconds99,10:F3} {Failures,9}");

    /// <summary>The head of the table.</summary>
    public static string TableHead => $"  {"",-22} {"per second",12} {"p50 ms",10} {"p99 ms",10} {"failures",9}";

    /// <summary>Adds what was measured to the figures.</summary>
    public void AddTo(Figures figures)
    {
        figures.Add($"{Name}-per-second", PerSecond, "operations/s");
        figures.Add($"{Name}-p50-ms", MedianMilliseconds, "ms");
        figures.Add($"{Name}-p99-ms", Milliseconds99, "ms");
    }
}
