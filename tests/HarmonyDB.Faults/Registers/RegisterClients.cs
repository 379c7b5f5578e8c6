using System.Diagnostics;
using System.Globalization;
using Google.Protobuf;
using HarmonyDB.Faults.KillLeader;
using HarmonyDB.Server.Client;
using HarmonyDB.Server.Etcd;
using HarmonyDB.Server.Mvcc;
using HarmonyDB.Simulation;
using HarmonyDB.Testing;

namespace HarmonyDB.Faults.Registers;

/// <summary>
/// Clients that read and write a few registers until they are stopped. Some stay with one node, whatever becomes of it, and mostly read: an answer that
/// comes late, or from a leader that is none any more, reaches them. The others go to whichever node answers.
/// </summary>
internal sealed class RegisterClients : IAsyncDisposable
{
    private const int Registers = 8;
    private const int Roaming = 3;
    private static readonly TimeSpan RoamingTimeout = TimeSpan.FromSeconds(3);

    private readonly RegisterHistory _history;
    private readonly TimeSpan _pause;
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Task> _tasks = [];

    /// <summary>Starts them.</summary>
    /// <param name="history">Where they note what they were told.</param>
    /// <param name="nodes">The nodes.</param>
    /// <param name="stayingWithEach">How many stay with each node.</param>
    /// <param name="stayingTimeout">How long those wait for an answer.</param>
    /// <param name="pause">How long each waits between two calls.</param>
    /// <param name="seed">Decides who does what.</param>
    public RegisterClients(RegisterHistory history, IReadOnlyList<NodeProcess> nodes, int stayingWithEach, TimeSpan stayingTimeout, TimeSpan pause, int seed)
    {
        _history = history;
        _pause = pause;
        var random = new Random(seed);
        foreach (var node in nodes)
        {
            for (var i = 0; i < stayingWithEach; i++)
            {
                Start([node], stayingTimeout, writePercent: 10, random.Next());
            }
        }

        for (var i = 0; i < Roaming; i++)
        {
            Start([.. nodes.Skip(i % nodes.Count), .. nodes.Take(i % nodes.Count)], RoamingTimeout, writePercent: 60, random.Next());
        }
    }

    /// <summary>Lets each finish the call it is at.</summary>
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

    private static ByteString KeyOf(int register) => ByteString.CopyFromUtf8($"{WriteHistory.UnrecordedPrefix}register/{register}");

    private static long ValueOf(KeyValue? found) =>
        found is null ? 0 : long.Parse(found.Value.ToStringUtf8(), NumberStyles.None, CultureInfo.InvariantCulture);

    private void Start(NodeProcess[] nodes, TimeSpan timeout, int writePercent, int seed) => _tasks.Add(Task.Run(async () =>
    {
        using var client = ClusterProcesses.Client(timeout, nodes);
        var random = new Random(seed);
        while (!_stopping.IsCancellationRequested)
        {
            var call = _history.Begin(random.Next(Registers), random.Next(100) < writePercent, Stopwatch.GetTimestamp());
            await CallAsync(client, call, asksForPrevious: random.Next(2) == 0);
            await Task.Delay(_pause);
        }
    }));

    private static async Task CallAsync(EtcdClient client, RegisterCall call, bool asksForPrevious)
    {
        try
        {
            if (call.Writes)
            {
                var value = ByteString.CopyFromUtf8(call.Value.ToString(CultureInfo.InvariantCulture));
                var put = await client.PutAsync(new PutRequest { Key = KeyOf(call.Register), Value = value, PrevKv = asksForPrevious });
                call.Wrote(put.Header.Revision, asksForPrevious ? ValueOf(put.PrevKv) : ClientOperation.SawNothing, Stopwatch.GetTimestamp());
            }
            else
            {
                var range = await client.RangeAsync(new RangeRequest { Key = KeyOf(call.Register) });
                var found = range.Kvs.SingleOrDefault();
                call.Read(ValueOf(found), found?.ModRevision ?? 0, Stopwatch.GetTimestamp());
            }
        }
        catch (EtcdException exception)
        {
            if (!exception.MayHaveHappened)
            {
                call.Refuse();
            }
        }
    }
}
