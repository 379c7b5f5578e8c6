using HarmonyDB.Raft.Tests.Cluster;

namespace HarmonyDB.Raft.Tests;

/// <summary>Whatever happened before, a cluster whose links allow a leader gets one and keeps it.</summary>
public sealed class ElectabilityTests
{
    private const int Voters = 5;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Some member reaches a majority, itself included, though others may reach hardly anybody. All logs are equal when the links break: one that
    /// lacks what is committed cannot lead, whatever it reaches, and where only that one reaches a majority Raft has to wait for a repair.
    /// </summary>
    [Fact]
    public void R34_EveryGraphOfFiveMembersWithAConnectedQuorum_ElectsALeaderThatStays()
    {
        (int, int)[] links = [.. from one in Enumerable.Range(1, Voters) from other in Enumerable.Range(one + 1, Voters - one) select (one, other)];
        var elected = 0;
        for (var graph = 0; graph < 1 << links.Length; graph++)
        {
            var broken = links.Where((_, link) => (graph & (1 << link)) == 0).ToList();
            var degree = Enumerable.Range(1, Voters).Max(member => Voters - 1 - broken.Count(link => link.Item1 == member || link.Item2 == member));
            if (1 + degree > Voters / 2)
            {
                ElectsAndKeeps(graph, broken);
                elected++;
            }
        }
        Assert.Equal(1024 - GraphsWithoutConnectedQuorum, elected);
    }

    /// <summary>
    /// A quorum of members whose terms and logs are as far apart as crashes and lost elections may leave them; the others are down. Whoever has the
    /// longest log needs the vote of those whose terms are behind, and who has an old term must learn the current one (R33).
    /// </summary>
    [Fact]
    public void R33_QuorumWithAnyTermsAndLogs_ElectsALeader()
    {
        for (var seed = 1UL; seed <= 200; seed++)
        {
            var random = new SeededRandomSource(seed);
            int Next(int bound) => (int)(random.NextUInt64() % (ulong)bound);
            var voters = 3 + (2 * Next(2));
            var cluster = new TestCluster(
                new Configuration(Enumerable.Range(1, voters).Select(id => new MemberId((ulong)id)), [], []),
                options => options with { PreVote = true, CheckQuorum = true },
                DrawDisks(voters, Next));
            for (var down = 1; down <= voters / 2; down++)
            {
                cluster.Crash(new MemberId((ulong)down));
            }
            Assert.True(cluster.Run(Limit, () => cluster.Leader is { } leader && leader.Node.Commit == leader.Node.LastIndex), $"Seed {seed}: no leader.");
        }
    }

    // In each term one member may have led, with the log that it had, and told another; nobody committed anything. Some stood later and lost.
    private static Dictionary<MemberId, TestDisk> DrawDisks(int voters, Func<int, int> next)
    {
        var terms = new ulong[voters];
        var logs = Enumerable.Range(0, voters).Select(_ => Array.Empty<ulong>()).ToArray();
        for (var term = 1UL; term <= 4; term++)
        {
            var leader = next(voters);
            logs[leader] = [.. logs[leader], .. Enumerable.Repeat(term, 1 + next(3))];
            terms[leader] = term;
            var follower = next(voters);
            if (next(2) == 0)
            {
                logs[follower] = logs[leader];
                terms[follower] = term;
            }
        }
        return Enumerable.Range(0, voters).ToDictionary(
            member => new MemberId((ulong)member + 1), member => TestCluster.DiskWith(terms[member] + (ulong)next(4), logs[member]));
    }

    [Fact]
    public void R60_AThousandElections_ThenProgress()
    {
        var cluster = Cluster(3);
        Assert.True(cluster.Run(Limit, () => cluster.Leader is not null));
        for (var election = 0; election < 1000; election++)
        {
            var fallen = cluster.Leader!;
            fallen.Propose([1]);
            cluster.Isolate(fallen.Id.Value);
            Assert.True(cluster.Run(Limit, () => cluster.Leader is { } leader && leader != fallen), $"Election {election} never ends.");
            cluster.Heal();
        }
        Assert.True(cluster.Leader!.Node.Term.Value >= 1000);

        for (var i = 0; i < 1000; i++)
        {
            Assert.Equal(ProposeStatus.Accepted, cluster.Leader!.Propose([2]).Status);
        }
        var last = cluster.Leader!.Node.LastIndex;
        cluster.Run(TimeSpan.FromMilliseconds(200));
        Assert.All(cluster.Nodes.Values, node => Assert.Equal(last, node.Node.Applied));
        Assert.All(cluster.Leader!.Node.Peers, peer => Assert.Equal((last, 0), (peer.Match, peer.InflightAppends)));
    }

    // Those where every member reaches at most one other: no link, one link, or two that do not meet (10 and 15 of them).
    private const int GraphsWithoutConnectedQuorum = 1 + 10 + 15;

    private static void ElectsAndKeeps(int graph, List<(int, int)> broken)
    {
        var cluster = Cluster(Voters);
        cluster.Run(Limit, () => cluster.Leader is not null);
        cluster.Run(TimeSpan.FromMilliseconds(100));
        foreach (var (one, other) in broken)
        {
            cluster.Cut(new MemberId((ulong)one), new MemberId((ulong)other));
        }

        // A leader that commits something proves that a quorum follows it.
        var proposed = default(ProposeResult);
        var committed = cluster.Run(Limit, () =>
        {
            foreach (var node in cluster.Nodes.Values.Where(node => node.Node.Role == Role.Leader))
            {
                if (node.Node.Term != proposed.Term)
                {
                    proposed = node.Propose([1]);
                }
                if (proposed.Term == node.Node.Term && node.Node.Commit >= proposed.Index)
                {
                    return true;
                }
            }
            return false;
        });
        Assert.True(committed, $"Graph {graph}: no leader.");

        // From here on nobody deposes it: the terms stand still.
        cluster.Run(TimeSpan.FromSeconds(1));
        var terms = cluster.Nodes.Values.Select(node => node.Node.Term).ToList();
        cluster.Run(TimeSpan.FromSeconds(2));
        Assert.True(terms.SequenceEqual(cluster.Nodes.Values.Select(node => node.Node.Term)), $"Graph {graph}: the leader is not left in peace.");
        Assert.True(cluster.Leader is { } leader && leader.Node.Commit == leader.Node.LastIndex, $"Graph {graph}: the leader lost its quorum.");
    }

    private static TestCluster Cluster(int voters) => new(voters, options => options with { PreVote = true, CheckQuorum = true });
}
