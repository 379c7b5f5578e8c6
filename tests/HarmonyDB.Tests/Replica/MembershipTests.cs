using HarmonyDB.Messages;
using HarmonyDB.Raft;
using HarmonyDB.Replication;
using Xunit;

namespace HarmonyDB.Tests.Replication;

/// <summary>Members that come, go, lead and catch up, decided by replicas in one thread.</summary>
public sealed class MembershipTests
{
    private static readonly TimeSpan AWhile = TimeSpan.FromSeconds(3);

    [Fact]
    public void Add_NodeJoinsAtTheAddress_GetsTheLogAndItsVote()
    {
        ReplicaCluster cluster = Born();
        cluster.Write(5);
        AnswerChangeEffect added = cluster.Change(new AddMember("n4:4053", IsLearner: false));
        Assert.Equal((ChangeOutcome.Done, 4ul), (added.Outcome, added.Member.Value));

        cluster.Join("n4");
        cluster.Run(AWhile);

        ReplicaView view = cluster["n4"].Replica.View;
        Assert.Equal((4ul, cluster.Leader.Replica.View.Identity.ClusterId), (view.Identity.MemberId, view.Identity.ClusterId));
        Assert.Equal(cluster.Leader.Replica.View.Applied, view.Applied);
        Assert.False(view.Configuration!.Find(new MemberId(4))!.IsLearner);
        Assert.Equal("n4", view.Configuration.Find(new MemberId(4))!.Name);
    }

    [Fact]
    public void R9_BlankFolderAtTheAddressOfABoundMember_IsRefused()
    {
        ReplicaCluster cluster = Born();
        cluster.Change(new AddMember("n4:4053", IsLearner: true));
        cluster.Join("n4");
        cluster.Run(AWhile);
        cluster.Wipe("n4", 999);
        cluster.Run(AWhile);

        Assert.Contains(cluster["n4"].StopReasons, r => r.Contains("new to cluster", StringComparison.Ordinal));
        Assert.Equal(0ul, cluster["n4"].Replica.View.Identity.ClusterId);
    }

    [Fact]
    public void Join_NobodyAddedTheAddress_StopsWithTheRemedy()
    {
        ReplicaCluster cluster = Born();
        cluster.Join("n4");
        cluster.Run(AWhile);
        Assert.Contains(cluster["n4"].StopReasons, r => r.Contains("harmony member add n4:4053", StringComparison.Ordinal));
    }

    [Fact]
    public void R5_RemovedWhileItWasAway_LearnsItAndStopsAndDeposesNobody()
    {
        ReplicaCluster cluster = Born();
        string away = Follower(cluster);
        ulong id = cluster[away].Replica.View.Identity.MemberId;
        cluster.Down.Add(away);
        Assert.Equal(ChangeOutcome.Done, cluster.Change(new RemoveMember(new MemberId(id))).Outcome);
        Term term = cluster.Leader.Replica.View.Term;

        cluster.Down.Remove(away);
        cluster.Run(AWhile);

        Assert.NotEmpty(cluster[away].StopReasons);
        Assert.Equal(term, cluster.Leader.Replica.View.Term);
        Assert.DoesNotContain(cluster.Leader.Replica.View.Configuration!.Members, m => m.Id.Value == id);
    }

    [Fact]
    public void R15_LeaderRemovesItself_StopsAndTheOthersElect()
    {
        ReplicaCluster cluster = Born();
        ReplicaCluster.Node old = cluster.Leader;
        Assert.Equal(ChangeOutcome.Done, cluster.Change(new RemoveMember(new MemberId(old.Replica.View.Identity.MemberId))).Outcome);
        Assert.NotEmpty(old.StopReasons);
        cluster.Down.Add(old.Name);
        cluster.Run(AWhile);
        Assert.Equal(2, cluster.Leader.Replica.View.Configuration!.Members.Count);
    }

    [Fact]
    public void R10_LearnerUpdated_StaysALearnerAndCanBePromoted()
    {
        ReplicaCluster cluster = Born();
        cluster.Change(new AddMember("n4:4053", IsLearner: true));
        cluster.Join("n4");
        cluster.Run(AWhile);
        var id = new MemberId(4);

        Assert.Equal(ChangeOutcome.Done, cluster.Change(new UpdateMember(id, "n4:4054")).Outcome);
        Assert.True(cluster.Leader.Replica.View.Configuration!.Find(id)!.IsLearner);
        Assert.Equal(ChangeOutcome.Done, cluster.Change(new PromoteMember(id)).Outcome);
        Assert.Equal(ChangeOutcome.NotLearner, cluster.Change(new PromoteMember(id)).Outcome);
    }

    [Fact]
    public void Change_ThatMakesNoSense_IsRefusedAndChangesNothing()
    {
        ReplicaCluster cluster = Born();
        Assert.Equal(ChangeOutcome.NotFound, cluster.Change(new RemoveMember(new MemberId(9))).Outcome);
        Assert.Equal(ChangeOutcome.AddressTaken, cluster.Change(new AddMember("N2:4053", IsLearner: true)).Outcome);
        Assert.Equal(ChangeOutcome.AddressTaken, cluster.Change(new UpdateMember(new MemberId(1), "n2:4053")).Outcome);
        cluster.Change(new AddMember("n4:4053", IsLearner: true));
        Assert.Equal(ChangeOutcome.NotCaughtUp, cluster.Change(new PromoteMember(new MemberId(4))).Outcome);
        Assert.Equal(4, cluster.Leader.Replica.View.Configuration!.Members.Count);
    }

    [Fact]
    public void Remove_VoterThatTheRestCannotDoWithout_IsRefused()
    {
        ReplicaCluster cluster = Born();
        string away = Follower(cluster);
        cluster.Down.Add(away);
        cluster.Run(AWhile);
        ReplicaCluster.Node other = new[] { "n1", "n2", "n3" }.Select(n => cluster[n]).Single(n => n.Name != away && n != cluster.Leader);
        Assert.Equal(ChangeOutcome.TooFewVoters, cluster.Change(new RemoveMember(new MemberId(other.Replica.View.Identity.MemberId))).Outcome);
        Assert.Equal(ChangeOutcome.Done, cluster.Change(new RemoveMember(new MemberId(cluster[away].Replica.View.Identity.MemberId))).Outcome);
    }

    [Fact]
    public void R11_Transfer_ToALearnerOrAStrangerIsRefused_ToAVoterIsDone()
    {
        ReplicaCluster cluster = Born();
        cluster.Change(new AddMember("n4:4053", IsLearner: true));
        cluster.Join("n4");
        cluster.Run(AWhile);
        Assert.Equal(ChangeOutcome.BadTransferTarget, cluster.Transfer(new MemberId(4)).Outcome);
        Assert.Equal(ChangeOutcome.BadTransferTarget, cluster.Transfer(new MemberId(77)).Outcome);

        var target = new MemberId(cluster[Follower(cluster)].Replica.View.Identity.MemberId);
        Assert.Equal(ChangeOutcome.Done, cluster.Transfer(target).Outcome);
        Assert.Equal(target, cluster.Leader.Replica.View.Leader);
        Assert.Equal(ChangeOutcome.Done, cluster.Transfer(MemberId.None).Outcome);
        Assert.NotEqual(target, cluster.Leader.Replica.View.Leader);
    }

    [Fact]
    public void Snapshot_FollowerLacksWhatTheLogNoLongerHas_GetsTheStateAndGoesOnFromThere()
    {
        ReplicaCluster cluster = Born();
        string away = Follower(cluster);
        cluster.Down.Add(away);
        cluster.Write(20);
        cluster.TruncateLogs();
        cluster.Down.Remove(away);
        cluster.Run(AWhile);

        Assert.Single(cluster[away].Snapshots.Installed);
        cluster.Write(3);
        Assert.Equal(cluster.Leader.Replica.View.Applied, cluster[away].Replica.View.Applied);
        Assert.DoesNotContain(cluster[away].Applied, e => e.Index.Value > 10 && e.Index.Value <= cluster[away].Snapshots.Installed[0]);
    }

    [Fact]
    public void R47_Snapshot_FollowerAwayAgainAndAgain_InstallsOneAfterTheOther()
    {
        ReplicaCluster cluster = Born();
        string away = Follower(cluster);
        for (int round = 0; round < 3; round++)
        {
            cluster.Down.Add(away);
            cluster.Write(10);
            cluster.TruncateLogs();
            cluster.Down.Remove(away);
            cluster.Run(AWhile);
        }

        Assert.Equal(3, cluster[away].Snapshots.Installed.Count);
        Assert.Equal(cluster.Leader.Replica.View.Applied, cluster[away].Replica.View.Applied);
    }

    [Fact]
    public void Snapshot_ReceiversDiskIsFullFirst_ArrivesAtALaterTry()
    {
        ReplicaCluster cluster = Born();
        string away = Follower(cluster);
        cluster.Down.Add(away);
        cluster.Write(10);
        cluster.TruncateLogs();
        cluster[away].Snapshots.Refusals = 2;
        cluster.Down.Remove(away);
        cluster.Run(TimeSpan.FromSeconds(10));
        Assert.Single(cluster[away].Snapshots.Installed);
    }

    [Fact]
    public void Snapshot_NodeThatJoinsALongRunningCluster_GetsItAndTheMembersWithIt()
    {
        ReplicaCluster cluster = Born();
        cluster.Write(20);
        cluster.Change(new AddMember("n4:4053", IsLearner: true));
        cluster.TruncateLogs();
        cluster.Join("n4");
        cluster.Run(AWhile);
        Assert.NotEmpty(cluster["n4"].Snapshots.Installed);
        Assert.Equal(4, cluster["n4"].Replica.View.Configuration!.Members.Count);
        Assert.Equal(cluster.Leader.Replica.View.Applied, cluster["n4"].Replica.View.Applied);
    }

    private static ReplicaCluster Born()
    {
        var cluster = new ReplicaCluster("n1", "n2", "n3");
        cluster.Run(AWhile);
        return cluster;
    }

    private static string Follower(ReplicaCluster cluster) => new[] { "n1", "n2", "n3" }.First(n => n != cluster.Leader.Name && !cluster.Down.Contains(n));
}
