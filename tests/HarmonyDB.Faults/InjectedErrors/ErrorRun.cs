using System.Collections.Concurrent;
using System.Globalization;
using Google.Protobuf;
using HarmonyDB.Faults.FlushOrder;
using HarmonyDB.Faults.KillLeader;
using HarmonyDB.Server.Client;
using HarmonyDB.Server.Etcd;
using HarmonyDB.Testing;

namespace HarmonyDB.Faults.InjectedErrors;

/// <summary>A node of one, an error of its disk, and what came of it.</summary>
internal sealed class ErrorRun
{
    private const int Writers = 4;
    private const int Writes = 600;
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(20);

    private readonly InjectedError _error;
    private readonly ClusterProcesses _cluster;
    private readonly NodeProcess _node;
    private readonly ConcurrentBag<AcknowledgedPut> _acknowledged = [];

    private ErrorRun(InjectedError error, ClusterProcesses cluster)
    {
        _error = error;
        _cluster = cluster;
        _node = cluster.Nodes[0];
    }

    /// <summary>Runs it.</summary>
    public static async Task<ErrorOutcome> RunAsync(InjectedError error, CancellationToken cancellationToken)
    {
        await using var cluster = new ClusterProcesses(new ClusterProcessesOptions
        {
            Nodes = 1,
            Wrapper = folder => Tracer.Command(folder, ",fallocate", "-e", error.Expression),
            ExtraConfiguration = Tracer.PatientElections,
        });
        return await new ErrorRun(error, cluster).RunAsync(cancellationToken);
    }

    private static string KeyOf(string token) => $"key of {token}";

    private async Task<ErrorOutcome> RunAsync(CancellationToken cancellationToken)
    {
        _node.Start();
        var tracer = await Tracer.FindAsync(_node, cancellationToken);
        if (await IsReadyAsync(cancellationToken))
        {
            await WriteAsync(cancellationToken);
        }

        // What failed may take a moment to end the node; one that goes on is ended here.
        var stopped = _error.MustStop ? await HasStoppedAsync(cancellationToken) : _node.HasEnded;
        var calls = await Tracer.StopAndReadAsync(_node, tracer, cancellationToken);
        var injected = calls.Count(c => c.Name == _error.Call && c.Result < 0 && IsOfNode(c));
        var trace = new NodeTrace(_node.Name, calls, Path.Combine(_node.DataFolder, "log"), _node.ClientPort);
        var report = FlushOrderChecker.Check([trace], [.. _acknowledged], _node.Name);
        var output = _node.LastOutput();
        var lost = await LostAsync(cancellationToken);
        return new ErrorOutcome(
            injected, _acknowledged.Count, report.Violations, lost, stopped, Problem(injected, report, lost, stopped, output));
    }

    private bool IsOfNode(TracedCall call) => call.Descriptor.StartsWith(_node.Folder, StringComparison.Ordinal);

    private string? Problem(int injected, FlushOrderReport report, int lost, bool stopped, string output)
    {
        if (report.Violations > 0)
        {
            return $"ACKNOWLEDGED WITHOUT A FLUSH: {string.Join("; ", report.Examples)}";
        }

        if (lost > 0)
        {
            return $"LOST {lost.ToString(CultureInfo.InvariantCulture)} acknowledged writes after the restart";
        }

        if (injected == 0)
        {
            return stopped ? $"STOPPED without an error: {output}" : null;
        }

        if (!stopped)
        {
            return _error.MustStop ? "WENT ON after an error that it cannot know the consequences of" : null;
        }

        // Whoever finds it stopped must find the reason, too: the file at least.
        return output.Contains(_node.Folder, StringComparison.Ordinal) ? null : $"STOPPED without naming the file: {output}";
    }

    private async Task<bool> IsReadyAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _cluster.LeaderAsync(_cluster.Nodes, cancellationToken);
            return true;
        }
        catch (InvalidOperationException) when (_node.HasEnded)
        {
            // The error hit it at the start.
            return false;
        }
    }

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        using var client = ClusterProcesses.Client(RequestTimeout, _node);
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(_ => Task.Run(WriterAsync, cancellationToken)));

        async Task WriterAsync()
        {
            for (var number = Interlocked.Increment(ref next); number < Writes && _node.IsRunning; number = Interlocked.Increment(ref next))
            {
                var token = NodeTrace.TokenPrefix + number.ToString("D12", CultureInfo.InvariantCulture);
                try
                {
                    var request = new PutRequest { Key = ByteString.CopyFromUtf8(KeyOf(token)), Value = ByteString.CopyFromUtf8(token) };
                    var response = await client.PutAsync(request, cancellationToken);
                    _acknowledged.Add(new AcknowledgedPut(token, response.Header.Revision));
                }
                catch (EtcdException)
                {
                    // Not acknowledged: nothing is claimed about it.
                }
            }
        }
    }

    private async Task<bool> HasStoppedAsync(CancellationToken cancellationToken)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        waiting.CancelAfter(StopTimeout);
        try
        {
            await _node.EndedAsync(waiting.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private async Task<int> LostAsync(CancellationToken cancellationToken)
    {
        _node.Wrapper = [];
        _node.Start();
        await _cluster.LeaderAsync(_cluster.Nodes, cancellationToken);
        using var client = ClusterProcesses.Client(StopTimeout, _node);
        var content = await KeySpaceContent.ReadAsync(client, isSerializable: false, cancellationToken);
        return _acknowledged.Count(put => !content.Keys.TryGetValue(KeyOf(put.Token), out var stored)
            || stored.Value != put.Token || stored.ModRevision != put.Revision);
    }
}
