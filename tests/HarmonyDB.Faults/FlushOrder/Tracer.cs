using System.Diagnostics;
using System.Globalization;
using HarmonyDB.Testing;

namespace HarmonyDB.Faults.FlushOrder;

/// <summary>Runs nodes under strace and reads what it noted.</summary>
internal static class Tracer
{
    private const string TraceFilePrefix = "strace";
    private const int TracedDataBytesMax = 16 << 20;
    private static readonly TimeSpan TraceTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// Settings for a node that is traced: everything is slower under strace, and with the usual ones the cluster would be busy electing.
    /// </summary>
    public static string PatientElections => "harmony.raft { heartbeat-interval = 200ms, election-timeout-min = 2s, election-timeout-max = 4s }";

    /// <summary>Whether strace is on the PATH.</summary>
    public static bool IsThere => SystemCommand.TryRun("strace", ["-V"], out _);

    /// <summary>The command that a node is run under.</summary>
    /// <param name="folder">The node's folder, where the trace goes.</param>
    /// <param name="calls">What to trace beside writes, flushes and answers.</param>
    /// <param name="more">More arguments for strace.</param>
    public static IReadOnlyList<string> Command(string folder, string calls = "", params ReadOnlySpan<string> more) =>
    [
        // -D: strace runs as the node's grandchild, so that the node is our child and a kill hits it.
        "strace", "-D", "-ff", "--seccomp-bpf", "-ttt", "-T", "-yy", "-s", TracedDataBytesMax.ToString(CultureInfo.InvariantCulture),
        "-e", $"trace=pwrite64,pwritev,pwritev2,write,writev,fdatasync,fsync,sendto,sendmsg{calls}", "-e", "signal=none",
        "-o", Path.Combine(folder, TraceFilePrefix), .. more,
    ];

    /// <summary>Ends a node, if it runs still, and reads its trace.</summary>
    /// <param name="node">The node.</param>
    /// <param name="tracer">The process that traces it.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public static async Task<IReadOnlyList<TracedCall>> StopAndReadAsync(NodeProcess node, int tracer, CancellationToken cancellationToken)
    {
        node.Kill();
        await EndedAsync(tracer, node, cancellationToken);
        return [.. Directory.GetFiles(node.Folder, TraceFilePrefix + ".*").SelectMany(file => StraceLineParser.ParseFile(File.ReadLines(file)))];
    }

    /// <summary>Waits until a node that was just started is traced.</summary>
    /// <returns>The process that traces it.</returns>
    /// <exception cref="InvalidOperationException">None does.</exception>
    public static async Task<int> FindAsync(NodeProcess node, CancellationToken cancellationToken)
    {
        const string Field = "TracerPid:";
        for (var waited = Stopwatch.StartNew(); waited.Elapsed < TraceTimeout && node.IsRunning;)
        {
            var line = File.ReadLines($"/proc/{node.ProcessId}/status").Single(l => l.StartsWith(Field, StringComparison.Ordinal));
            var tracer = int.Parse(line.AsSpan(Field.Length), CultureInfo.InvariantCulture);
            if (tracer != 0)
            {
                return tracer;
            }

            await Task.Delay(PollInterval, cancellationToken);
        }

        throw new InvalidOperationException($"{node.Name} is not traced. Its last words:\n{node.LastOutput()}");
    }

    /// <summary>Waits until strace has ended, and with it the writing of the trace. It may stay as a zombie that nobody waits for.</summary>
    private static async Task EndedAsync(int tracer, NodeProcess node, CancellationToken cancellationToken)
    {
        var waited = Stopwatch.StartNew();
        while (IsAlive(tracer))
        {
            if (waited.Elapsed > TraceTimeout)
            {
                throw new TimeoutException($"strace of {node.Name} did not end after the node had.");
            }

            await Task.Delay(PollInterval, cancellationToken);
        }
    }

    private static bool IsAlive(int process)
    {
        try
        {
            var status = File.ReadAllText($"/proc/{process}/stat");
            return status[status.LastIndexOf(')') + 2] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            // The folder went away: so did the process.
            return false;
        }
    }
}
