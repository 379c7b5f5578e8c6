using HarmonyDB.Client;
using HarmonyDB.DataFolder;
using Xunit;

namespace HarmonyDB.Tests.EndToEnd;

/// <summary>Members join, lead and leave a cluster of real nodes, and one that comes late gets the store instead of the log.</summary>
[Collection(EndToEndCollection.Name)]
public sealed class MembershipTests : IAsyncLifetime
{
    private const int TestTimeoutMilliseconds = 120_000;

    // Small enough that some hundred writes of 8 KiB are more than the log keeps.
    private readonly EmbeddedCluster _cluster = new("""
        harmony {
          limits.max-request-bytes = 64KiB
          raft.max-append-bytes = 64KiB
          raft.max-tail-bytes = 1MiB
          log { segment-bytes = 256KiB, retain-bytes = 1MiB }
          store { checkpoint-bytes = 1MiB, checkpoint-interval = 1s }
        }
        """);

    public Task InitializeAsync() => _cluster.InitializeAsync();

    public Task DisposeAsync() => _cluster.DisposeAsync();

    [Fact(Timeout = TestTimeoutMilliseconds)]
    public async Task R49_Join_LogNoLongerReachesBack_GetsTheStoreAndVotesAndLeadsAndLeaves()
    {
        EmbeddedNode leader = await _cluster.LeaderAsync();
        await FillAsync(leader, 600);
        string log = Path.Combine(_cluster.DataFolder(leader.Name), "log");
        await Poll.UntilAsync("the first segment is gone", () => Task.FromResult(Directory.GetFiles(log, "0000000000000001-*").Length == 0));

        MemberChangeResult added = await leader.Database.AddMemberAsync(new AddMemberRequest(_cluster.JoiningAddress));
        EmbeddedNode joined = await _cluster.JoinAsync();
        await Poll.UntilAsync("n4 votes", async () => (await joined.Database.StatusAsync()).Members.Any(m => m.Id == added.MemberId && !m.IsLearner));
        await _cluster.LeaderAsync();
        await _cluster.EqualContentAsync();
        Assert.Equal(new string('x', 8000), await joined.GetAsync("k/0000"));

        leader = await _cluster.LeaderAsync();
        await leader.Database.MoveLeaderAsync(added.MemberId);
        Assert.Equal("n4", (await _cluster.LeaderAsync()).Name);
        await Assert.ThrowsAsync<MembershipException>(() => leader.Database.MoveLeaderAsync(added.MemberId));

        // Asked of a follower, carried out by the leader, which is the one that goes.
        await leader.Database.RemoveMemberAsync(added.MemberId);
        NodeStopReason reason = await joined.Database.Completion.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Contains("was removed", reason.Reason, StringComparison.Ordinal);
        await _cluster.StopAsync("n4");

        // Started again it is no member that knows nothing yet: it says what to do.
        DataFolderException refusal = await Assert.ThrowsAsync<DataFolderException>(() => _cluster.JoinAsync());
        Assert.Contains($"harmony member add {_cluster.JoiningAddress}", refusal.Message, StringComparison.Ordinal);
        leader = await _cluster.LeaderAsync();
        await leader.PutAsync("after", "all");
        Assert.Equal(3, (await leader.Database.StatusAsync()).Members.Count);
    }

    [Fact(Timeout = TestTimeoutMilliseconds)]
    public async Task Follower_AwayLongerThanTheLogReachesBack_GetsTheStoreWhileItsReadersGoOn()
    {
        EmbeddedNode leader = await _cluster.LeaderAsync();
        string away = _cluster.Nodes.First(n => n != leader).Name;
        await _cluster.StopAsync(away);
        await FillAsync(leader, 600);
        EmbeddedNode back = await _cluster.StartAsync(away);
        await _cluster.LeaderAsync();
        await _cluster.EqualContentAsync();
        Assert.Equal(new string('x', 8000), await back.GetAsync("k/0599"));

        // What was installed is what the node starts from.
        await _cluster.StopAsync(away);
        back = await _cluster.StartAsync(away);
        await _cluster.LeaderAsync();
        await _cluster.EqualContentAsync();
        Assert.Equal(600, (await back.PrefixAsync("k/")).Count);
    }

    private static async Task FillAsync(EmbeddedNode node, int count)
    {
        for (int i = 0; i < count; i += 50)
        {
            await Task.WhenAll(Enumerable.Range(i, 50).Select(n => node.PutAsync($"k/{n:D4}", new string('x', 8000))));
        }
    }
}
