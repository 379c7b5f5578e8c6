using System.Globalization;
using Google.Protobuf;
using HarmonyDB.Server.Client;
using HarmonyDB.Server.Etcd;
using HarmonyDB.Testing;

namespace HarmonyDB.Faults.KillLeader;

/// <summary>Clients that write new keys, one after the other, to whichever node answers, until they are stopped.</summary>
internal sealed class Writers : IAsyncDisposable
{
    private const int WritesMax = 200_000;
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(10);

    private readonly WriteHistory _history;
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Task> _tasks = [];
    private int _writes;

    /// <summary>Starts them.</summary>
    public Writers(WriteHistory history, IReadOnlyList<NodeProcess> nodes, int count)
    {
        _history = history;
        for (var i = 0; i < count; i++)
        {
            // Each begins with another node, so that forwarding by followers is tried too.
            var name = $"w{i.ToString("D3", CultureInfo.InvariantCulture)}";
            NodeProcess[] order = [.. nodes.Skip(i % nodes.Count), .. nodes.Take(i % nodes.Count)];
            _tasks.Add(Task.Run(() => WriteAsync(name, order)));
        }
    }

    /// <summary>Sends one write and records what came of it.</summary>
    /// <returns>Whether it was acknowledged.</returns>
    public static async Task<bool> WriteAsync(EtcdClient client, WriteHistory history, string key, CancellationToken cancellationToken)
    {
        var value = $"value of {key}";
        history.Begin(key, value);
        try
        {
            var request = new PutRequest { Key = ByteString.CopyFromUtf8(key), Value = ByteString.CopyFromUtf8(value) };
            var response = await client.PutAsync(request, cancellationToken);
            history.Acknowledged(key, response.Header.Revision);
            return true;
        }
        catch (EtcdException exception)
        {
            if (!exception.MayHaveHappened)
            {
                history.Refused(key);
            }

            return false;
        }
    }

    /// <summary>Lets each finish the write it is at.</summary>
    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_tasks);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stopping.Dispose();
    }

    private async Task WriteAsync(string name, NodeProcess[] nodes)
    {
        using var client = ClusterProcesses.Client(RequestTimeout, nodes);
        for (var i = 0; !_stopping.IsCancellationRequested && Interlocked.Increment(ref _writes) <= WritesMax; i++)
        {
            var key = $"{name}/{i.ToString("D8", CultureInfo.InvariantCulture)}";
            if (!await WriteAsync(client, _history, key, CancellationToken.None))
            {
                await Task.Delay(PauseAfterFailure);
            }
        }
    }
}
