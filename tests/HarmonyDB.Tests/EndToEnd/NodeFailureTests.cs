using System.Collections.Concurrent;
using System.Diagnostics;
using HarmonyDB.Client;
using Xunit;
using static HarmonyDB.Tests.EndToEnd.EmbeddedNode;

namespace HarmonyDB.Tests.EndToEnd;

/// <summary>Nodes of a cluster of three go away and come back.</summary>
[Collection(EndToEndCollection.Name)]
public sealed class NodeFailureTests : IAsyncLifetime
{
    private const int TestTimeoutMilliseconds = 90_000;
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(2);

    private readonly EmbeddedCluster _cluster = new($"harmony.limits.request-timeout = {RequestTimeout.TotalSeconds}s");

    public Task InitializeAsync() => _cluster.InitializeAsync();

    public Task DisposeAsync() => _cluster.DisposeAsync();

    [Fact(Timeout = TestTimeoutMilliseconds)]
    public async Task Leader_Stops_WritesGoOnAndItCatchesUpWhenItIsBack()
    {
        EmbeddedNode leader = await _cluster.LeaderAsync();
        EmbeddedNode[] survivors = [.. _cluster.Nodes.Where(n => n != leader)];
        await PutAsync(leader, "before", "there");
        var writers = new Writers(survivors);
        await writers.AcknowledgedAsync(20);

        NodeStopReason reason = await _cluster.StopAsync(leader.Name);
        Assert.False(reason.Failed, reason.Reason);
        await Assert.ThrowsAsync<NodeStoppedException>(() => leader.PutAsync("after", "the end"));

        EmbeddedNode successor = await _cluster.LeaderAsync();
        Assert.NotEqual(leader.Name, successor.Name);
        await writers.AcknowledgedAsync(writers.Acknowledged.Count + 50);
        await writers.StopAsync();

        foreach (EmbeddedNode survivor in survivors)
        {
            Assert.Equal("there", await survivor.GetAsync("before"));
            var found = (await survivor.PrefixAsync("w/")).KeyValues.Select(kv => Text(kv.Key)).ToHashSet();
            Assert.Empty(writers.Acknowledged.Except(found));
        }

        EmbeddedNode back = await _cluster.StartAsync(leader.Name);
        await _cluster.LeaderAsync();
        await _cluster.EqualContentAsync();
        Assert.NotNull(await back.GetAsync("before"));
        await PutAsync(back, "again", "there");
        Assert.Equal("there", await survivors[0].GetAsync("again"));
    }

    [Fact(Timeout = TestTimeoutMilliseconds)]
    public async Task Minority_OneNodeOfThree_FailsWritesWithinTheirDeadlineAndStillReadsWhatItHas()
    {
        EmbeddedNode leader = await _cluster.LeaderAsync();
        await PutAsync(leader, "before", "there");
        await _cluster.EqualContentAsync();
        EmbeddedNode last = _cluster["n3"];
        await Task.WhenAll(_cluster.StopAsync("n1"), _cluster.StopAsync("n2"));

        var clock = Stopwatch.StartNew();
        Task<PutResult>[] writes = [.. Enumerable.Range(0, 20).Select(i => last.PutAsync($"lost/{i}", "x"))];
        HarmonyException[] failures = await Task.WhenAll(writes.Select(FailureAsync));
        Assert.All(failures, f => Assert.True(
            f is RequestTimeoutException { MayHaveHappened: false } or OutcomeUnknownException { MayHaveHappened: true }, f.ToString()));
        await Assert.ThrowsAsync<RequestTimeoutException>(() => last.GetAsync("before"));

        // The node answers by the deadline; what comes after it is the machine's business, but not its own deadline and slack of the caller.
        Assert.InRange(clock.Elapsed, RequestTimeout, (2 * RequestTimeout) + TimeSpan.FromSeconds(3));
        RangeResult read = await last.PrefixAsync("before", serializable: true);
        Assert.Equal("there", Text(Assert.Single(read.KeyValues).Value));
        Assert.Equal(0, (await last.PrefixAsync("lost/", serializable: true)).Count);

        await Task.WhenAll(_cluster.StartAsync("n1"), _cluster.StartAsync("n2"));
        EmbeddedNode newLeader = await _cluster.LeaderAsync();
        await PutAsync(newLeader, "after", "there");
        Assert.Equal("there", await last.GetAsync("after"));
        await _cluster.EqualContentAsync();
    }

    [Fact(Timeout = TestTimeoutMilliseconds)]
    public async Task Cluster_StoppedWhole_ComesBackWithAllItHad()
    {
        await PutAsync(await _cluster.LeaderAsync(), "before", "there");
        await _cluster.EqualContentAsync();
        IReadOnlyList<string> content = await _cluster.Nodes[0].ContentAsync();
        ulong clusterId = (await _cluster.Nodes[0].Database.StatusAsync()).Header.ClusterId;
        await Task.WhenAll(_cluster.Nodes.Select(n => _cluster.StopAsync(n.Name)).ToArray());
        foreach (string name in (string[])["n3", "n2", "n1"])
        {
            await _cluster.StartAsync(name);
        }

        await _cluster.LeaderAsync();
        Assert.Equal("there", await _cluster["n2"].GetAsync("before"));
        await _cluster.EqualContentAsync();
        Assert.Equal(content, await _cluster["n1"].ContentAsync());
        Assert.Equal(clusterId, (await _cluster["n1"].Database.StatusAsync()).Header.ClusterId);
    }

    /// <summary>Puts, and puts again while there is no answer: the value is the same each time.</summary>
    private static Task PutAsync(EmbeddedNode node, string key, string value) => Poll.UntilAsync($"{key} is written through {node.Name}", async () =>
    {
        try
        {
            await node.PutAsync(key, value);
            return true;
        }
        catch (HarmonyException e) when (e is RequestTimeoutException or OutcomeUnknownException)
        {
            return false;
        }
    });

    private static async Task<HarmonyException> FailureAsync(Task<PutResult> write) => await Assert.ThrowsAnyAsync<HarmonyException>(() => write);

    /// <summary>Writes a key of its own after the other through each node, until told to stop. Any failure that is not typed ends it.</summary>
    private sealed class Writers
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Task[] _writers;

        public Writers(IReadOnlyList<EmbeddedNode> nodes)
        {
            _writers = [.. nodes.Select(n => Task.Run(() => WriteAsync(n)))];
        }

        public ConcurrentQueue<string> Acknowledged { get; } = [];

        public async Task AcknowledgedAsync(int count)
        {
            await Poll.UntilAsync($"{count} writes are acknowledged", () => Acknowledged.Count >= count || _writers.Any(w => w.IsFaulted));
            Assert.All(_writers, w => Assert.Null(w.Exception));
        }

        public async Task StopAsync()
        {
            await _stop.CancelAsync();
            await Task.WhenAll(_writers);
        }

        private async Task WriteAsync(EmbeddedNode node)
        {
            for (int i = 0; !_stop.IsCancellationRequested; i++)
            {
                try
                {
                    await node.PutAsync($"w/{node.Name}/{i:d6}", "x");
                    Acknowledged.Enqueue($"w/{node.Name}/{i:d6}");
                }
                catch (HarmonyException e) when (e is RequestTimeoutException or OutcomeUnknownException)
                {
                    // Between leaders: the next key is tried.
                }
            }
        }
    }
}
