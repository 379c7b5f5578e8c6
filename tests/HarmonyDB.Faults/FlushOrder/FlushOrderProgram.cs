using System.Collections.Concurrent;
using System.Globalization;
using Google.Protobuf;
using HarmonyDB.Server.Client;
using HarmonyDB.Server.Etcd;
using HarmonyDB.Testing;

namespace HarmonyDB.Faults.FlushOrder;

/// <summary>
/// <c>flush-order</c>: runs a cluster with every node under strace, writes to it from many clients, and proves from the traces that every
/// acknowledgement followed the flush of its log entry. At the end the same check is given the traces without their flushes, and must object to every write.
/// </summary>
internal static class FlushOrderProgram
{
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(20);

    public static async Task<int> RunAsync(int writers, int writes, CancellationToken cancellationToken)
    {
        if (!Tracer.IsThere)
        {
            return Skip.Because("flush-order needs strace, and there is none on the PATH");
        }

        var options = new ClusterProcessesOptions
        {
            Wrapper = folder => Tracer.Command(folder),
            ExtraConfiguration = Tracer.PatientElections,
            ReadyTimeout = TimeSpan.FromMinutes(2),
        };
        await using var cluster = new ClusterProcesses(options);
        await cluster.StartAsync(cancellationToken);
        var leader = await cluster.LeaderAsync(cluster.Nodes, cancellationToken);
        var term = (await cluster.TryStatusAsync(leader, cancellationToken))?.RaftTerm;
        Console.WriteLine($"{writers} writers, {writes} writes, through {leader.Name}");

        var (acknowledged, failed) = await WriteAsync(leader, writers, writes, cancellationToken);
        var status = await cluster.TryStatusAsync(leader, cancellationToken);
        var isSameLeader = status is not null && status.RaftTerm == term && status.Leader == status.Header.MemberId;
        var traces = await StopAndReadAsync(cluster, cancellationToken);

        var report = FlushOrderChecker.Check(traces, acknowledged, isSameLeader ? leader.Name : null);
        var doctored = FlushOrderChecker.Check([.. traces.Select(t => t.WithoutFlushes())], acknowledged, leader.Name);
        foreach (var violation in report.Examples)
        {
            Console.WriteLine($"VIOLATION {violation}");
        }

        var leaderTrace = traces.Single(t => t.Name == leader.Name);
        var figures = new Figures();
        figures.Add("flush-order-writes-checked", report.Checked, "writes");
        figures.Add("flush-order-violations", report.Violations, "writes");
        figures.Add("flush-order-failed-writes", failed, "writes");
        figures.Add("flush-order-leader-changes", isSameLeader ? 0 : 1, "changes");
        figures.Add("flush-order-leader-flushes", leaderTrace.FlushCount, "flushes");
        figures.Add("flush-order-writes-per-flush", (double)leaderTrace.TokenCount / Math.Max(1, leaderTrace.FlushCount), "writes");
        figures.Add("flush-order-self-check-violations", doctored.Violations, "writes");
        figures.Print(Console.Out);
        return Verdict(report, doctored);
    }

    private static int Verdict(FlushOrderReport report, FlushOrderReport doctored)
    {
        if (report.Checked == 0 || doctored.Violations != report.Checked)
        {
            Console.WriteLine("FAILED: the check proved nothing: it had no writes, or accepted a trace without flushes");
            return 1;
        }

        var isGood = report.Violations == 0;
        Console.WriteLine(isGood ? "ok: every acknowledged write was flushed first" : "FAILED: writes were acknowledged before they were flushed");
        return isGood ? 0 : 1;
    }

    private static async Task<(List<AcknowledgedPut> Acknowledged, int Failed)> WriteAsync(
        NodeProcess leader, int writers, int writes, CancellationToken cancellationToken)
    {
        using var client = ClusterProcesses.Client(RequestTimeout, leader);
        var acknowledged = new ConcurrentBag<AcknowledgedPut>();
        var next = -1;
        var failed = 0;
        await Task.WhenAll(Enumerable.Range(0, writers).Select(_ => Task.Run(WriterAsync, cancellationToken)));
        return ([.. acknowledged], failed);

        async Task WriterAsync()
        {
            for (var number = Interlocked.Increment(ref next); number < writes; number = Interlocked.Increment(ref next))
            {
                var token = NodeTrace.TokenPrefix + number.ToString("D12", CultureInfo.InvariantCulture);
                try
                {
                    var request = new PutRequest { Key = ByteString.CopyFromUtf8($"k{number}"), Value = ByteString.CopyFromUtf8(token) };
                    var response = await client.PutAsync(request, cancellationToken);
                    acknowledged.Add(new AcknowledgedPut(token, response.Header.Revision));
                }
                catch (EtcdException)
                {
                    // Not acknowledged, so nothing is claimed about it; how many there were is a figure.
                    Interlocked.Increment(ref failed);
                }
            }
        }
    }

    private static async Task<List<NodeTrace>> StopAndReadAsync(ClusterProcesses cluster, CancellationToken cancellationToken)
    {
        var traces = new List<NodeTrace>();
        foreach (var node in cluster.Nodes)
        {
            var calls = await Tracer.StopAndReadAsync(node, await Tracer.FindAsync(node, cancellationToken), cancellationToken);
            traces.Add(new NodeTrace(node.Name, calls, Path.Combine(node.DataFolder, "log"), node.ClientPort));
        }

        return traces;
    }
}
