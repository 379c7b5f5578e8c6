using HarmonyDB.Raft.Tests.Cluster;

namespace HarmonyDB.Raft.Tests;

/// <summary>
/// Clusters under random faults: messages lost, doubled and reordered, slow disks, crashes that lose what was not flushed, members that come and
/// go. After every step the properties of figure 3 of the Raft paper must hold, and reads must be linearizable. A failing seed is printed and
/// replays exactly.
/// </summary>
public sealed class RandomClusterTests
{
    private const int Seeds = 400;
    private const int StepsPerSeed = 3000;

    [Fact]
    public void Cluster_RandomFaults_KeepsEveryPromise()
    {
        var total = new RandomClusterCounts();
        for (var seed = 1UL; seed <= Seeds; seed++)
        {
            var run = new RandomCluster(seed);
            try
            {
                run.Execute(StepsPerSeed);
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"Seed {seed}, step {run.Step}: {exception.Message}", exception);
            }
            total.Add(run.Counts);
        }
        // A run in which nothing happened proves nothing.
        Assert.True(total.Partitions > Seeds, $"Only {total.Partitions} partitions.");
        Assert.True(total.Transfers > Seeds, $"Only {total.Transfers} transfers.");
        Assert.True(total.Elections > Seeds * 3, $"Only {total.Elections} elections.");
        Assert.True(total.Applied > Seeds * 30, $"Only {total.Applied} entries applied.");
        Assert.True(total.Crashes > Seeds * 3, $"Only {total.Crashes} crashes.");
        Assert.True(total.Overwritten > Seeds / 10, $"Only {total.Overwritten} overwritten suffixes.");
        Assert.True(total.ReadsAnswered > Seeds * 5, $"Only {total.ReadsAnswered} reads answered.");
        Assert.True(total.Compactions > Seeds, $"Only {total.Compactions} compactions.");
        Assert.True(total.Installations > Seeds / 4, $"Only {total.Installations} snapshots installed.");
        Assert.True(total.Changes > Seeds, $"Only {total.Changes} changes of members.");
        Assert.True(total.JointChanges > Seeds / 5, $"Only {total.JointChanges} joint configurations.");
        Assert.True(total.Removals > Seeds / 10, $"Only {total.Removals} members learned that they were removed.");
        Assert.True(total.LogReads > Seeds, $"Only {total.LogReads} reads of the log.");
    }

    /// <summary>What was applied anywhere stays, in the same place, whoever is added, removed or cut off meanwhile.</summary>
    [Fact]
    public void R56_MembersChangeDuringPartitions_NothingIsLost()
    {
        var total = new RandomClusterCounts();
        for (var seed = 1001UL; seed <= 1100; seed++)
        {
            var run = new RandomCluster(seed, disturbsChanges: true);
            try
            {
                run.Execute(StepsPerSeed);
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"Seed {seed}, step {run.Step}: {exception.Message}", exception);
            }
            total.Add(run.Counts);
        }
        Assert.True(total.Partitions > 1000, $"Only {total.Partitions} partitions.");
        Assert.True(total.Changes > 300, $"Only {total.Changes} changes of members.");
        Assert.True(total.JointChanges > 30, $"Only {total.JointChanges} joint configurations.");
        Assert.True(total.Applied > 2000, $"Only {total.Applied} entries applied.");
    }

    [Fact]
    public void Cluster_SameSeedTwice_DoesTheSame()
    {
        for (var seed = 1UL; seed <= 5; seed++)
        {
            var first = new RandomCluster(seed);
            first.Execute(StepsPerSeed);
            var second = new RandomCluster(seed);
            second.Execute(StepsPerSeed);
            Assert.Equal(first.Trace, second.Trace);
        }
    }
}
