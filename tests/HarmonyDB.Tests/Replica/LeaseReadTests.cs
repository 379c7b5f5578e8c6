using HarmonyDB.Raft;
using HarmonyDB.Replication;
using Xunit;

namespace HarmonyDB.Tests.Replication;

public sealed class LeaseReadTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void R22_ReadIndex_AtAKnownTime_IsAnsweredByTheLeaseWhereLeasesAreOn(bool leaseReads)
    {
        var cluster = new ReplicaCluster(options => options with { LeaseReads = leaseReads }, "a", "b", "c");
        cluster.Run(TimeSpan.FromSeconds(3));
        ReplicaCluster.Node leader = new[] { "a", "b", "c" }.Select(name => cluster[name]).Single(node => node.Replica.View.Role == Role.Leader);

        leader.Replica.ReadIndex(7, cluster.Now);
        cluster.CarryOut(leader);

        // Nobody else has been asked yet: an answer now is one by lease.
        Assert.Equal(leaseReads, leader.Told.OfType<AnswerReadEffect>().Any(answer => answer is { RequestId: 7, Confirmed: true }));
        cluster.Run(TimeSpan.FromMilliseconds(100));
        Assert.Contains(leader.Told.OfType<AnswerReadEffect>(), answer => answer is { RequestId: 7, Confirmed: true });
    }
}
