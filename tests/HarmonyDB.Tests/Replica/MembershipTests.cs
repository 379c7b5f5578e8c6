using HarmonyDB.Messages;
using HarmonyDB.Raft;
using HarmonyDB.Raft.Messages;
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

        Assert.Single(cluster[away].StopReasons);
        Assert.True(cluster[away].IsRemoved);
        Assert.Equal(term, cluster.Leader.Replica.View.Term);
        Assert.DoesNotContain(cluster.Leader.Replica.View.Configuration!.Members, m => m.Id.Value == id);
    }

    [Fact]
    public void R5_VoteRequestOfARemovedMember_IsAnsweredWithItsRemovalAndChangesNothing()
    {
        ReplicaCluster cluster = Born();
        string away = Follower(cluster);
        var id = new MemberId(cluster[away].Replica.View.Identity.MemberId);
        cluster.Down.Add(away);
        Assert.Equal(ChangeOutcome.Done, cluster.Change(new RemoveMember(id)).Outcome);
        ReplicaCluster.Node leader = cluster.Leader;
        Term term = leader.Replica.View.Term;
        var asked = new RequestPreVote(id, leader.Replica.View.Leader, term, new Term(term.Value + 1), new LogIndex(999), term);
        var told = new List<RaftMessage>();
        cluster.Loses = (_, to, message) =>
        {
            if (to == away && message is PeerFrame frame)
            {
                told.Add(frame.Message);
            }

            return false;
        };

        leader.Replica.Receive(new PeerFrame(leader.Replica.View.Identity.ClusterId, asked), ReplicaCluster.Address(away));
        cluster.CarryOut(leader);

        Assert.Contains(told, m => m is MemberRemoved removed && removed.To == id);
        Assert.Equal((term, true), (leader.Replica.View.Term, leader.Replica.View.IsLeader));
    }

    [Fact]
    public void R6_CandidateIsNotInTheVotersConfigurationYet_GetsItsVote()
    {
        ReplicaCluster cluster = Born();
        cluster.Write(3);
        string behind = Follower(cluster);
        cluster.Down.Add(behind);
        cluster.Change(new AddMember("n4:4053", IsLearner: false));
        cluster.Join("n4");
        cluster.Run(AWhile);
        Assert.False(cluster["n4"].Replica.View.Configuration!.Find(new MemberId(4))!.IsLearner);

        // The old leader is gone, and with it one of the two that knew the newcomer: it leads only with the vote of one that never heard of it.
        ReplicaCluster.Node voter = cluster[behind];
        Assert.Null(voter.Replica.View.Configuration!.Find(new MemberId(4)));
        string gone = cluster.Leader.Name;
        cluster.Down.Remove(behind);
        cluster.Down.Add(gone);
        string other = new[] { "n1", "n2", "n3" }.Single(n => n != gone && n != behind);
        cluster.Loses = (from, to, message) => from == other && message is PeerFrame { Message: RequestVote or RequestPreVote or AppendEntries };
        cluster.Run(TimeSpan.FromSeconds(10));
        Assert.Equal("n4", cluster.Leader.Name);
        Assert.NotNull(voter.Replica.View.Configuration!.Find(new MemberId(4)));
    }

    [Fact]
    public void R5_RemovalIsInTheOwnLogOnly_IsFoundThereAfterARestart()
    {
        ReplicaCluster cluster = Born();
        ReplicaCluster.Node leader = cluster.Leader;
        ClusterConfiguration without = leader.Replica.View.Configuration!.Without(new MemberId(1));
        NodeIdentity self = cluster["n1"].Replica.View.Identity;
        var restore = new ReplicaRestore(
            self, without, new LogIndex(7), new HardState(new Term(5), MemberId.None, new LogIndex(7)), new LogIndex(1), new LogIndex(7), [(new LogIndex(1), new Term(5))], new LogIndex(7));
        var options = new ReplicaOptions(
            cluster["n1"].Members, TimeSpan.FromMilliseconds(100), id => new RaftOptions { Id = id, ConfigurationCodec = new ClusterConfigurationCodec() });
        var replica = new HarmonyDB.Replication.Replica(options, restore, new SeededRandomSource(3), TimeSpan.Zero);

        replica.Tick(TimeSpan.FromMilliseconds(1));
        SaveIdentityEffect saved = Assert.Single(replica.TakeEffects().OfType<SaveIdentityEffect>());
        Assert.True(saved.IsRemoved);
        replica.IdentitySaved(saved.Identity);
        Assert.Contains("was removed", Assert.Single(replica.TakeEffects().OfType<StopEffect>()).Reason, StringComparison.Ordinal);
        replica.Tick(TimeSpan.FromSeconds(30));
        Assert.DoesNotContain(replica.TakeEffects(), e => e is SaveIdentityEffect or SendEffect { Message: PeerFrame });
    }

    [Fact]
    public void Members_SeveralChangedAtOnce_GoThroughAJointConfiguration()
    {
        ReplicaCluster cluster = Born();
        cluster.Change(new AddMember("n4:4053", IsLearner: true));
        cluster.Join("n4");
        cluster.Run(AWhile);
        ReplicaCluster.Node leader = cluster.Leader;
        ClusterConfiguration current = leader.Replica.View.Configuration!;
        MemberId out1 = current.Members.First(m => !m.IsLearner && m.Id != leader.Replica.View.Leader).Id;

        Assert.True(leader.Replica.ProposeMembers(77, current.WithVoter(new MemberId(4)).Without(out1)));
        Assert.False(leader.Replica.ProposeMembers(78, current));
        cluster.CarryOut(leader);
        cluster.Run(AWhile);

        AnswerChangeEffect[] answers = [.. leader.Told.OfType<AnswerChangeEffect>().Where(a => a.ChangeId >= 77)];
        Assert.Equal([(78ul, ChangeOutcome.Busy), (77ul, ChangeOutcome.Done)], answers.Select(a => (a.ChangeId, a.Outcome)));
        Assert.False(leader.Replica.View.Configuration!.Find(new MemberId(4))!.IsLearner);
        Assert.Null(leader.Replica.View.Configuration.Find(out1));
    }

    [Fact]
    public void R15_LeaderRemovesItself_StopsAndTheOthersElect()
    {
        ReplicaCluster cluster = Born();
        ReplicaCluster.Node old = cluster.Leader;
        Assert.Equal(ChangeOutcome.Done, cluster.Change(new RemoveMember(new MemberId(old.Replica.View.Identity.MemberId))).Outcome);
        Assert.Single(old.StopReasons);
        Assert.True(old.IsRemoved);
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

    [Fact]
    public void Add_AnotherNewMemberWasLostBeforeItCaughtUp_GetsItsVoteAllTheSame()
    {
        ReplicaCluster cluster = Born();
        cluster.Loses = (_, to, message) => to == "n4" && message is PeerFrame { Message: AppendEntries };
        cluster.Change(new AddMember("n4:4053", IsLearner: false));
        cluster.Join("n4");
        cluster.Run(AWhile);
        Assert.True(cluster.Leader.Replica.View.Configuration!.Find(new MemberId(4))!.IsBound);

        cluster.Down.Add("n4");
        cluster.Change(new AddMember("n5:4053", IsLearner: false));
        cluster.Join("n5");
        cluster.Run(AWhile);
        Assert.False(cluster.Leader.Replica.View.Configuration!.Find(new MemberId(5))!.IsLearner);
    }

    [Fact]
    public void R1_ChangeThatIsLostAsItsLeaderIsDeposed_IsNotSaidToBeDone()
    {
        var cluster = new ReplicaCluster(options => options with { CheckQuorum = false }, "n1", "n2", "n3");
        cluster.Run(AWhile);
        ReplicaCluster.Node deposed = cluster.Leader;

        // The first it hears of its successor replaces the change in its log; nobody else ever had it.
        cluster.Loses = (from, to, message) =>
            from == deposed.Name || (to == deposed.Name && message is not PeerFrame { Message: AppendEntries { Entries.Count: > 0 } });
        deposed.Replica.ProposeChange(99, new AddMember("n4:4053", IsLearner: true));
        cluster.CarryOut(deposed);
        cluster.Run(AWhile);

        Assert.NotEqual(deposed.Name, cluster.Leader.Name);
        Assert.Equal(ChangeOutcome.Unknown, deposed.Told.OfType<AnswerChangeEffect>().Single(a => a.ChangeId == 99).Outcome);
    }

    private static ReplicaCluster Born()
    {
        var cluster = new ReplicaCluster("n1", "n2", "n3");
        cluster.Run(AWhile);
        return cluster;
    }

    private static string Follower(ReplicaCluster cluster) => new[] { "n1", "n2", "n3" }.First(n => n != cluster.Leader.Name && !cluster.Down.Contains(n));
}
