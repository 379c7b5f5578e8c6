using HarmonyDB.Messages;
using HarmonyDB.Raft;
using HarmonyDB.Replication;
using Xunit;

namespace HarmonyDB.Tests.Replication;

public sealed class BirthTests
{
    private static readonly TimeSpan AWhile = TimeSpan.FromSeconds(3);

    [Fact]
    public void Birth_AllListedAreBlank_OneClusterWithALeaderAndTheSameConfiguration()
    {
        var cluster = new ReplicaCluster("n1", "n2", "n3");
        cluster.Run(AWhile);

        ReplicaView first = cluster["n1"].Replica.View;
        Assert.NotEqual(0ul, first.Identity.ClusterId);
        foreach (string name in new[] { "n1", "n2", "n3" })
        {
            ReplicaView view = cluster[name].Replica.View;
            Assert.Equal(first.Identity.ClusterId, view.Identity.ClusterId);
            Assert.Equal(first.Leader, view.Leader);
            Assert.NotEqual(MemberId.None, view.Leader);
            Assert.Equal(EntryKind.Configuration, cluster[name].Log[0].Kind);
        }

        Assert.Equal([1ul, 2ul, 3ul], new[] { "n1", "n2", "n3" }.Select(n => cluster[n].Replica.View.Identity.MemberId));
    }

    [Fact]
    public void Birth_OneListedMemberIsSilent_NothingIsCreated()
    {
        var cluster = new ReplicaCluster("n1", "n2", "n3");
        cluster.Down.Add("n3");
        cluster.Run(AWhile);
        Assert.All(new[] { "n1", "n2" }, name => Assert.Equal(0ul, cluster[name].Replica.View.Identity.ClusterId));

        cluster.Down.Clear();
        cluster.Run(AWhile);
        Assert.NotEqual(MemberId.None, cluster["n3"].Replica.View.Leader);
    }

    [Fact]
    public void Birth_MemberMissedTheWelcome_GetsTheConfigurationFromAnyOther()
    {
        var cluster = new ReplicaCluster("n1", "n2", "n3");
        cluster.Run(TimeSpan.FromMilliseconds(10));
        cluster.Down.Add("n3");
        cluster.Run(AWhile);
        cluster.Down.Add("n1");
        cluster.Down.Remove("n3");
        cluster.Run(AWhile);

        Assert.Equal(cluster["n2"].Replica.View.Identity.ClusterId, cluster["n3"].Replica.View.Identity.ClusterId);
        Assert.NotEqual(0ul, cluster["n3"].Replica.View.Identity.ClusterId);
    }

    [Fact]
    public void R9_MemberLostItsFolder_IsAStrangerAndStops()
    {
        var cluster = new ReplicaCluster("n1", "n2", "n3");
        cluster.Run(AWhile);
        cluster.Wipe("n1", 999);
        cluster.Run(AWhile);

        Assert.Contains(cluster["n1"].StopReasons, r => r.Contains("new to cluster", StringComparison.Ordinal));
        Assert.Equal(0ul, cluster["n1"].Replica.View.Identity.ClusterId);
        Assert.Empty(cluster["n2"].StopReasons);
        Assert.NotEqual(MemberId.None, cluster["n2"].Replica.View.Leader);
    }

    [Fact]
    public void Birth_ListsDiffer_NothingIsCreatedAndTheDifferenceIsTold()
    {
        var cluster = new ReplicaCluster("n1", "n2");
        NodeIdentity[] reversed = [.. cluster["n1"].Members.Reverse()];
        cluster.Add("n2", reversed);
        cluster.Run(AWhile);

        Assert.All(new[] { "n1", "n2" }, name => Assert.Equal(0ul, cluster[name].Replica.View.Identity.ClusterId));
        Assert.Contains(cluster["n1"].Told.OfType<NoticeEffect>(), n => n.IsWarning && n.Text.Contains("harmony.cluster.members", StringComparison.Ordinal));
    }

    [Fact]
    public void Settings_PeerHasOthers_IsToldOnceForEachDifference()
    {
        var own = new ElectionSettings(TimeSpan.FromMilliseconds(250), TimeSpan.FromMilliseconds(500), CheckQuorum: true, LeaseReads: false);
        NodeIdentity[] members = [.. new[] { "n1", "n2" }.Select(n => new NodeIdentity(n, ReplicaCluster.Address(n), [], default, 0, 0))];
        var birth = new Birth(members, AWhile, new SeededRandomSource(1), own, joins: false);
        string? Take(ElectionSettings? settings) => birth.Take(new GreetingAnswer(members[1], null, "") { Settings = settings }, members[0], null).Warning;

        Assert.Null(Take(own));
        Assert.Null(Take(null));
        ElectionSettings other = own with { LeaseReads = true, TimeoutMinimum = TimeSpan.FromMilliseconds(100) };
        string told = Take(other)!;
        Assert.Contains("n2 has other settings", told, StringComparison.Ordinal);
        Assert.Contains("harmony.raft.election-timeout-min is 250 ms here and 100 ms there, harmony.raft.lease-reads is off here and on there", told, StringComparison.Ordinal);
        Assert.Null(Take(other));
        Assert.NotNull(Take(own with { CheckQuorum = false }));
        Assert.Null(Take(own));
        Assert.Equal(told, Take(other));
    }

    [Fact]
    public void Birth_SingleMember_LeadsAtOnce()
    {
        var cluster = new ReplicaCluster("n1");
        cluster.Run(AWhile);
        Assert.True(cluster["n1"].Replica.View.IsLeader);
    }

    [Fact]
    public void R9_RefusalThatIsLate_SaysNothingOfTheFolderThatIsHereNow()
    {
        Guid folder = Guid.NewGuid();
        NodeIdentity blank = Node("n2", folder, 0, 0);
        NodeIdentity member = Node("n2", folder, 0xC1, 2);
        var configuration = ClusterConfiguration.Initial(0xC1, [Node("n1", Guid.NewGuid(), 0, 0), Node("n3", Guid.NewGuid(), 0, 0)]);
        GreetingAnswer refusal = Answer(configuration, blank);
        Assert.NotEqual("", refusal.Refusal);

        Assert.NotNull(NewBirth(joins: false).Take(refusal, blank, null).Stop);
        Assert.Null(NewBirth(joins: false).Take(refusal, member, configuration).Stop);
        Assert.Null(NewBirth(joins: false).Take(refusal, blank with { BirthId = Guid.NewGuid() }, null).Stop);
        Assert.NotNull(NewBirth(joins: false).Take(Answer(configuration, member), member, null).Stop);

        static GreetingAnswer Answer(ClusterConfiguration configuration, NodeIdentity greeter) => (GreetingAnswer)NewBirth(joins: false)
            .Answer(new Greeting(greeter, []), Node("n1", configuration.Members[0].BirthId, 0xC1, 1), configuration, new LogIndex(9))!.Message;
    }

    [Fact]
    public void Join_OtherNodesThatJoinHaveOtherLists_IsNoRefusal()
    {
        NodeIdentity first = Node("n1", Guid.NewGuid(), 0, 0);
        NodeIdentity second = Node("n2", Guid.NewGuid(), 0, 0);
        var answer = (GreetingAnswer)NewBirth(joins: true).Answer(new Greeting(second, ["another list"]), first, null, default)!.Message;
        Assert.NotEqual("", answer.Refusal);

        Assert.Null(NewBirth(joins: true).Take(answer, second, null).Stop);
        Assert.NotNull(NewBirth(joins: false).Take(answer, second, null).Stop);
    }

    private static Birth NewBirth(bool joins) =>
        new([Node("n1", default, 0, 0), Node("n2", default, 0, 0)], TimeSpan.FromMilliseconds(100), new SeededRandomSource(1),
            new ElectionSettings(TimeSpan.FromMilliseconds(250), TimeSpan.FromMilliseconds(500), CheckQuorum: true, LeaseReads: false), joins);

    private static NodeIdentity Node(string name, Guid birthId, ulong clusterId, ulong memberId) =>
        new(name, $"127.0.0.1:40{name[1]}", [], birthId, clusterId, memberId);
}
