using HarmonyDB.Messages;
using HarmonyDB.Raft;
using HarmonyDB.Replication;
using Xunit;

namespace HarmonyDB.Tests.Replication;

/// <summary>A member whose files were damaged comes back in its own place: as another member, that learns first, and only while the others have a quorum.</summary>
public sealed class DamagedMemberTests
{
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(3);

    [Fact]
    public void W4_R9_DamagedFollower_OthersHaveAQuorum_IsReplacedByItselfCatchesUpAndVotesAgain()
    {
        ReplicaCluster cluster = Born();
        cluster.Write(5);
        string damaged = Follower(cluster);
        ulong old = cluster[damaged].Replica.View.Identity.MemberId;

        cluster.Damage(damaged, birth: 500);
        cluster.Run(Settled);

        ReplicaView view = cluster[damaged].Replica.View;
        Assert.Equal(4ul, view.Identity.MemberId);
        Assert.Equal(default, view.Identity.Replaces);
        ClusterConfiguration configuration = cluster.Leader.Replica.View.Configuration!;
        Assert.Null(configuration.Find(new MemberId(old)));
        Assert.False(configuration.Find(new MemberId(4))!.IsLearner);
        Assert.Equal(3, configuration.Members.Count);
        Assert.Equal(cluster.Leader.Replica.View.Applied, view.Applied);
        Assert.Contains(cluster.Leader.Told.OfType<NoticeEffect>(), n => n.IsWarning && n.Text.Contains("were damaged", StringComparison.Ordinal));
    }

    [Fact]
    public void W4_DamagedFollower_OthersHaveNoQuorum_WaitsAndNeitherVotesNorCountsUntilTheyHave()
    {
        ReplicaCluster cluster = Born();
        cluster.Write(5);
        string damaged = Follower(cluster);
        string third = cluster.Leader.Name == "n1" ? (damaged == "n2" ? "n3" : "n2") : (damaged == "n1" ? (cluster.Leader.Name == "n2" ? "n3" : "n2") : "n1");
        LogIndex commit = cluster.Leader.Replica.View.Commit;

        cluster.Down.Add(third);
        cluster.Damage(damaged, birth: 500);
        cluster.Run(Settled);

        Assert.True(cluster[damaged].Replica.View.Identity.IsBlank);
        Assert.Empty(cluster[damaged].StopReasons);
        Assert.All(new[] { "n1", "n2", "n3" }, n => Assert.True(n == damaged || cluster[n].Replica.View.Commit <= commit.Next));
        Assert.DoesNotContain(new[] { "n1", "n2", "n3" }, n => !cluster.Down.Contains(n) && cluster[n].Replica.View.IsLeader);

        cluster.Down.Remove(third);
        cluster.Run(TimeSpan.FromSeconds(5));
        Assert.Equal(4ul, cluster[damaged].Replica.View.Identity.MemberId);
        Assert.False(cluster.Leader.Replica.View.Configuration!.Find(new MemberId(4))!.IsLearner);
    }

    [Fact]
    public void W4_AllMembersDamaged_TheyNeverMakeANewEmptyCluster()
    {
        ReplicaCluster cluster = Born();
        cluster.Write(5);
        foreach (string name in new[] { "n1", "n2", "n3" })
        {
            cluster.Damage(name, birth: 500 + name[1]);
        }

        cluster.Run(Settled);
        Assert.All(new[] { "n1", "n2", "n3" }, n => Assert.True(cluster[n].Replica.View.Identity.IsBlank));
    }

    [Fact]
    public void W4_DamagedMember_WasRemovedMeanwhile_IsRefusedAndStops()
    {
        ReplicaCluster cluster = Born();
        string damaged = Follower(cluster);
        ulong old = cluster[damaged].Replica.View.Identity.MemberId;
        cluster.Down.Add(damaged);
        Assert.Equal(ChangeOutcome.Done, cluster.Change(new RemoveMember(new MemberId(old))).Outcome);

        cluster.Damage(damaged, birth: 500);
        cluster.Down.Remove(damaged);
        cluster.Run(Settled);

        Assert.NotEmpty(cluster[damaged].StopReasons);
        Assert.Equal(2, cluster.Leader.Replica.View.Configuration!.Members.Count);
    }

    private static ReplicaCluster Born()
    {
        var cluster = new ReplicaCluster("n1", "n2", "n3");
        cluster.Run(Settled);
        return cluster;
    }

    private static string Follower(ReplicaCluster cluster) => new[] { "n1", "n2", "n3" }.First(n => n != cluster.Leader.Name);
}
