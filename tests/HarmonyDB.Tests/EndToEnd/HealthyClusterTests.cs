using HarmonyDB.Client;
using Xunit;
using static HarmonyDB.Tests.EndToEnd.EmbeddedNode;

namespace HarmonyDB.Tests.EndToEnd;

/// <summary>Three nodes over real remoting, none of which fails: every node serves every request.</summary>
[Collection(EndToEndCollection.Name)]
public sealed class HealthyClusterTests(EmbeddedCluster cluster) : IClassFixture<EmbeddedCluster>
{
    private const int TestTimeoutMilliseconds = 60_000;

    [Fact(Timeout = TestTimeoutMilliseconds)]
    public async Task Birth_ThreeBlankNodes_BecomeOneClusterOfThreeMembers()
    {
        EmbeddedNode leader = await cluster.LeaderAsync();
        NodeStatus[] statuses = await Task.WhenAll(cluster.Nodes.Select(n => n.Database.StatusAsync()));
        Assert.NotEqual(0ul, statuses[0].Header.ClusterId);
        Assert.All(statuses, s => Assert.Equal(statuses[0].Header.ClusterId, s.Header.ClusterId));
        Assert.Equal(["n1", "n2", "n3"], statuses.Select(s => s.Name));
        Assert.Equal([1ul, 2, 3], statuses.Select(s => s.Header.MemberId));
        Assert.All(statuses, s => Assert.Equal(["n1", "n2", "n3"], s.Members.Select(m => m.Name)));
        Assert.Equal(leader.Name, Assert.Single(statuses, s => s.Role == "Leader").Name);
    }

    [Fact(Timeout = TestTimeoutMilliseconds)]
    public async Task PutRangeAndDelete_ThroughEachNode_AnswerAsEtcdDoes()
    {
        await cluster.LeaderAsync();
        foreach (EmbeddedNode node in cluster.Nodes)
        {
            string key = $"etcd/{node.Name}";
            PutResult created = await node.PutAsync(key, "one");
            long revision = created.Header.Revision;
            Assert.Null(created.Previous);
            Assert.Equal(await IdAsync(node), created.Header.MemberId);

            PutResult changed = await node.Database.PutAsync(new PutRequest(Bytes(key), Bytes("two")) { PreviousKeyValue = true });
            Assert.Equal(revision + 1, changed.Header.Revision);
            KeyValue previous = changed.Previous!;
            Assert.Equal(("one", revision, revision, 1), (Text(previous.Value), previous.CreateRevision, previous.ModRevision, previous.Version));

            RangeResult read = await node.Database.RangeAsync(new RangeRequest(Bytes(key)));
            KeyValue found = Assert.Single(read.KeyValues);
            Assert.Equal((key, "two", revision, revision + 1, 2), (Text(found.Key), Text(found.Value), found.CreateRevision, found.ModRevision, found.Version));
            Assert.Equal(revision + 1, read.Header.Revision);

            DeleteRangeResult deleted = await node.Database.DeleteRangeAsync(new DeleteRangeRequest(Bytes(key)) { PreviousKeyValues = true });
            Assert.Equal((revision + 2, 1), (deleted.Header.Revision, deleted.Deleted));
            Assert.Equal("two", Text(Assert.Single(deleted.Previous).Value));

            DeleteRangeResult nothing = await node.Database.DeleteRangeAsync(new DeleteRangeRequest(Bytes(key)));
            Assert.Equal((revision + 2, 0), (nothing.Header.Revision, nothing.Deleted));
            PutResult anew = await node.PutAsync(key, "three");
            KeyValue reborn = Assert.Single((await node.Database.RangeAsync(new RangeRequest(Bytes(key)))).KeyValues);
            Assert.Equal((anew.Header.Revision, 1), (reborn.CreateRevision, reborn.Version));
        }
    }

    [Fact(Timeout = TestTimeoutMilliseconds)]
    public async Task Range_OfSeveralKeys_KeepsToOrderLimitAndWhatWasAskedFor()
    {
        EmbeddedNode node = cluster["n2"];
        foreach (string key in (string[])["range/b", "range/a", "range/c"])
        {
            await node.PutAsync(key, key.ToUpperInvariant());
        }

        RangeResult all = await cluster["n3"].PrefixAsync("range/");
        Assert.Equal(["range/a", "range/b", "range/c"], all.KeyValues.Select(kv => Text(kv.Key)));
        Assert.Equal((false, 3), (all.More, all.Count));
        var request = new RangeRequest(Bytes("range/"), Bytes("range0"));
        RangeResult two = await cluster["n1"].Database.RangeAsync(request with { Limit = 2 });
        Assert.Equal((2, true, 3), (two.KeyValues.Count, two.More, two.Count));
        Assert.All((await node.Database.RangeAsync(request with { KeysOnly = true })).KeyValues, kv => Assert.True(kv.Value.IsEmpty));
        RangeResult count = await node.Database.RangeAsync(request with { CountOnly = true });
        Assert.Equal((0, 3), (count.KeyValues.Count, count.Count));
        Assert.Equal(3, (await node.Database.DeleteRangeAsync(new DeleteRangeRequest(Bytes("range/"), Bytes("range0")))).Deleted);
        Assert.Empty((await cluster["n1"].PrefixAsync("range/")).KeyValues);
    }

    [Fact(Timeout = TestTimeoutMilliseconds)]
    public async Task Range_Linearizable_SeesTheLatestWriteFromEveryNode()
    {
        await cluster.LeaderAsync();
        for (int i = 0; i < 30; i++)
        {
            string value = $"{i}";
            await cluster.Nodes[i % 3].PutAsync("latest", value);
            Assert.All(await Task.WhenAll(cluster.Nodes.Select(n => n.GetAsync("latest"))), seen => Assert.Equal(value, seen));
        }
    }

    [Fact(Timeout = TestTimeoutMilliseconds)]
    public async Task Request_OverALimit_IsRefusedByEveryNodeAndLeavesNothing()
    {
        foreach (EmbeddedNode node in cluster.Nodes)
        {
            byte[] longest = new byte[1 << 10];
            Array.Fill(longest, (byte)'k');
            byte[] large = new byte[1536 << 10];
            long revision = (await node.Database.PutAsync(new PutRequest(longest, large.AsMemory(0, large.Length - longest.Length - 64)))).Header.Revision;
            Assert.Equal(InvalidRequestReason.EmptyKey, await ReasonAsync(() => node.PutAsync("", "value")));
            Assert.Equal(InvalidRequestReason.EmptyKey, await ReasonAsync(() => node.Database.RangeAsync(new RangeRequest(default))));
            Assert.Equal(InvalidRequestReason.EmptyKey, await ReasonAsync(() => node.Database.DeleteRangeAsync(new DeleteRangeRequest(default))));
            Assert.Equal(InvalidRequestReason.KeyTooLarge, await ReasonAsync(() => node.PutAsync(new string('k', longest.Length + 1), "value")));
            var tooFar = new DeleteRangeRequest(Bytes("k"), new byte[longest.Length + 1]);
            Assert.Equal(InvalidRequestReason.KeyTooLarge, await ReasonAsync(() => node.Database.DeleteRangeAsync(tooFar)));
            Assert.Equal(InvalidRequestReason.RequestTooLarge, await ReasonAsync(() => node.Database.PutAsync(new PutRequest(Bytes("k"), large))));
            Assert.Equal(InvalidRequestReason.Malformed, await ReasonAsync(() => node.Database.RangeAsync(new RangeRequest(Bytes("k")) { Limit = -1 })));
            DeleteRangeResult deleted = await node.Database.DeleteRangeAsync(new DeleteRangeRequest(Bytes("k"), Bytes("l")));
            Assert.Equal((1, revision + 1), (deleted.Deleted, deleted.Header.Revision));
        }
    }

    [Fact(Timeout = TestTimeoutMilliseconds)]
    public async Task Put_ManyAtOnceThroughAllNodes_AreAllThereAndTheSameOnAll()
    {
        const int Writes = 2000;
        await cluster.LeaderAsync();
        PutResult[] results = await Task.WhenAll(Enumerable.Range(0, Writes).Select(i => cluster.Nodes[i % 3].PutAsync($"many/{i:d4}", $"value {i}")));
        Assert.Equal(Writes, results.Select(r => r.Header.Revision).Distinct().Count());
        foreach (EmbeddedNode node in cluster.Nodes)
        {
            RangeResult all = await node.PrefixAsync("many/");
            Assert.Equal(Enumerable.Range(0, Writes).Select(i => $"many/{i:d4}=value {i}"), all.KeyValues.Select(kv => $"{Text(kv.Key)}={Text(kv.Value)}"));
        }

        await cluster.EqualContentAsync();
    }

    [Fact(Timeout = TestTimeoutMilliseconds)]
    public async Task Put_CancelledByItsCaller_EndsAsCancelled()
    {
        using var cancellation = new CancellationTokenSource();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cluster["n1"].Database.PutAsync(new PutRequest(Bytes("a"), default), cancellation.Token));
    }

    private static async Task<InvalidRequestReason> ReasonAsync(Func<Task> request)
    {
        InvalidRequestException refusal = await Assert.ThrowsAsync<InvalidRequestException>(request);
        Assert.False(refusal.MayHaveHappened);
        return refusal.Reason;
    }

    private static async Task<ulong> IdAsync(EmbeddedNode node) => (await node.Database.StatusAsync()).Header.MemberId;
}
