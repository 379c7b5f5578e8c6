using System.Globalization;
using Google.Protobuf;
using HarmonyDB.Server.Client;
using HarmonyDB.Server.Etcd;
using HarmonyDB.Testing;

namespace HarmonyDB.Faults.KillLeader;

/// <summary>Clients that write new keys, one after the other, to whichever node answers, until they are stopped.</summary>
internal sealed class Writers : IAsyncDisposable
{
    private const int WritesMax = 2_000_000;
    private const int UnrecordedKeys = 1_000;
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(10);

    private readonly WriteHistory _history;
    private readonly TimeSpan _pause;
    private readonly int _recordedOneIn;
    private readonly string _prefix;
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Task> _tasks = [];
    private int _writes;
    private long _unrecorded;

    /// <summary>Starts them.</summary>
    /// <param name="history">Where each notes what it wrote and was told.</param>
    /// <param name="nodes">The nodes they write through; each begins with another.</param>
    /// <param name="count">How many.</param>
    /// <param name="pause">How long each waits after a write; not at all by default.</param>
    /// <param name="recordedOneIn">
    /// Of so many writes one is of a new key and recorded, the others are of a few keys again and again: for full load over a long time.
    /// </param>
    /// <param name="prefix">What their keys begin with, if there were writers on the same history before.</param>
    public Writers(
        WriteHistory history, IReadOnlyList<NodeProcess> nodes, int count, TimeSpan pause = default, int recordedOneIn = 1, string prefix = "")
    {
        _history = history;
        _pause = pause;
        _recordedOneIn = recordedOneIn;
        _prefix = prefix;
        for (var i = 0; i < count; i++)
        {
            // Each begins with another node, so that forwarding by followers is tried too.
            var name = $"{_prefix}w{i.ToString("D3", CultureInfo.InvariantCulture)}";
            NodeProcess[] order = [.. nodes.Skip(i % nodes.Count), .. nodes.Take(i % nodes.Count)];
            _tasks.Add(Task.Run(() => WriteAsync(name, order)));
        }
    }

    /// <summary>Number of acknowledged writes that are not in the history.</summary>
    public long UnrecordedCount => Interlocked.Read(ref _unrecorded);

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
        for (var i = 0; !_stopping.IsCancellationRequested; i++)
        {
            // What was recorded must fit in memory; load goes on.
            var isRecorded = i % _recordedOneIn == 0 && Interlocked.Increment(ref _writes) <= WritesMax;
            var key = $"{name}/{i.ToString("D8", CultureInfo.InvariantCulture)}";
            var isAcknowledged = isRecorded
                ? await WriteAsync(client, _history, key, CancellationToken.None)
                : await WriteUnrecordedAsync(client, $"{WriteHistory.UnrecordedPrefix}{name}/{i % UnrecordedKeys}");
            var pause = isAcknowledged || _pause > PauseAfterFailure ? _pause : PauseAfterFailure;
            if (pause > TimeSpan.Zero)
            {
                await Task.Delay(pause);
            }
        }
    }

    private async Task<bool> WriteUnrecordedAsync(EtcdClient client, string key)
    {
        try
        {
            var bytes = ByteString.CopyFromUtf8(key);
            await client.PutAsync(new PutRequest { Key = bytes, Value = bytes }, CancellationToken.None);
            Interlocked.Increment(ref _unrecorded);
            return true;
        }
        catch (EtcdException)
        {
            // Nothing is claimed about it, whatever became of it.
            return false;
        }
    }
}
