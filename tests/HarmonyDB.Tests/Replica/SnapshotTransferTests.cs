using HarmonyDB.Messages;
using HarmonyDB.Raft;
using HarmonyDB.Replication;
using Xunit;

namespace HarmonyDB.Tests.Replication;

/// <summary>Snapshots on ways that lose, damage, repeat and stop.</summary>
public sealed class SnapshotTransferTests
{
    private const int PartBytes = 64 << 10;
    private static readonly TimeSpan AWhile = TimeSpan.FromSeconds(3);

    [Theory]
    [InlineData(1)]
    [InlineData(60)]
    public void Transfer_ReceiverOutOfReachInTheMiddle_IsGoneOnWithWhereItWas(int seconds)
    {
        ReplicaCluster cluster = Behind(out string away);
        cluster.Loses = (_, to, message) => to == away && message is SnapshotChunk { Offset: >= 2 * PartBytes };
        cluster.Run(AWhile);
        Assert.Equal([0L, PartBytes], cluster[away].Snapshots.Written);

        cluster.Down.Add(away);
        cluster.Run(TimeSpan.FromSeconds(seconds));
        cluster.Loses = (_, _, _) => false;
        cluster.Down.Remove(away);
        cluster.Run(AWhile);

        Assert.Equal([0L, PartBytes, 2 * PartBytes, 3 * PartBytes, 4 * PartBytes], cluster[away].Snapshots.Written);
        Assert.Equal(1, cluster.Leader.Snapshots.Opened);
        Assert.Equal(0, cluster.Leader.Snapshots.Open);
        Assert.Single(cluster[away].Snapshots.Installed);
    }

    [Fact]
    public void Transfer_EveryThirdMessageOfItIsLost_ArrivesWholeAndOnce()
    {
        ReplicaCluster cluster = Behind(out string away);
        int sent = 0;
        cluster.Loses = (_, _, message) => message is SnapshotChunk or SnapshotAnswer && ++sent % 3 == 0;
        cluster.Run(TimeSpan.FromSeconds(20));
        Assert.Single(cluster[away].Snapshots.Installed);
        Assert.Equal(cluster.Leader.Replica.View.Applied, cluster[away].Replica.View.Applied);
    }

    [Fact]
    public void Transfer_PartDamagedOnTheWay_IsNotTakenAndSentAgain()
    {
        ReplicaCluster cluster = Behind(out string away);
        bool damaged = false;
        cluster.Loses = (_, to, message) =>
        {
            if (damaged || message is not SnapshotChunk { Offset: PartBytes } chunk)
            {
                return false;
            }

            damaged = true;
            byte[] data = chunk.Data.ToArray();
            data[17] ^= 4;
            cluster[to].Replica.Receive(chunk with { Data = data });
            cluster.CarryOut(cluster[to]);
            return true;
        };
        cluster.Run(AWhile);
        Assert.True(damaged);
        Assert.Equal(1, cluster.Leader.Snapshots.Opened);
        Assert.Single(cluster[away].Snapshots.Installed);
    }

    [Fact]
    public void Transfer_ReceiverGoneForGood_IsGivenUpWhenItsStateMayNotBeKeptLonger()
    {
        ReplicaCluster cluster = Behind(out string away);
        cluster.Loses = (_, to, message) => to == away && message is SnapshotChunk;
        cluster.Run(TimeSpan.FromMinutes(9));
        Assert.Equal((1, 1), (cluster.Leader.Snapshots.Opened, cluster.Leader.Snapshots.Open));
        cluster.Down.Add(away);
        cluster.Run(TimeSpan.FromMinutes(2));
        Assert.Equal(0, cluster.Leader.Snapshots.Open);
        Assert.Contains(cluster.Leader.Told.OfType<NoticeEffect>(), n => n.Text.Contains("harmony.snapshot.pin-timeout", StringComparison.Ordinal));
    }

    [Fact]
    public void Transfer_ReceiverIsRemovedMeanwhile_LetsGoOfTheState()
    {
        ReplicaCluster cluster = Behind(out string away);
        cluster.Loses = (_, to, message) => to == away && message is SnapshotChunk;
        cluster.Run(TimeSpan.FromSeconds(1));
        Assert.Equal(1, cluster.Leader.Snapshots.Open);
        cluster.Down.Add(away);
        Assert.Equal(ChangeOutcome.Done, cluster.Change(new RemoveMember(new MemberId(cluster[away].Replica.View.Identity.MemberId))).Outcome);
        cluster.Run(TimeSpan.FromSeconds(30));
        Assert.Equal(0, cluster.Leader.Snapshots.Open);
    }

    [Fact]
    public void Transfer_BothPlacesTakenByMembersThatDoNotAnswer_AThirdGetsOne()
    {
        var cluster = new ReplicaCluster("n1", "n2", "n3", "n4", "n5", "n6", "n7");
        cluster.Run(AWhile);
        string[] away = [.. new[] { "n1", "n2", "n3", "n4", "n5", "n6", "n7" }.Where(n => n != cluster.Leader.Name).Take(3)];
        cluster.Down.UnionWith(away);
        cluster.Write(10);
        cluster.TruncateLogs();
        cluster.Loses = (_, to, message) => message is SnapshotChunk && to != away[2];
        cluster.Down.Clear();
        cluster.Down.Add(away[2]);
        cluster.Run(AWhile);
        Assert.Equal(2, cluster.Leader.Snapshots.Open);

        cluster.Down.Clear();
        cluster.Run(TimeSpan.FromSeconds(15));
        Assert.Single(cluster[away[2]].Snapshots.Installed);
        cluster.Loses = (_, _, _) => false;
        cluster.Run(TimeSpan.FromSeconds(15));
        Assert.All(away, name => Assert.Single(cluster[name].Snapshots.Installed));
    }

    // A follower lacks what the leader's log no longer has, and is there again.
    private static ReplicaCluster Behind(out string away)
    {
        var cluster = new ReplicaCluster("n1", "n2", "n3");
        cluster.Run(AWhile);
        string name = away = new[] { "n1", "n2", "n3" }.First(n => n != cluster.Leader.Name);
        cluster.Down.Add(name);
        cluster.Write(20);
        cluster.TruncateLogs();
        cluster.Down.Remove(name);
        return cluster;
    }
}
