namespace HarmonyDB.Raft.Tests.Cluster;

/// <summary>What happened in random clusters: a run in which nothing did proves nothing.</summary>
internal sealed class RandomClusterCounts
{
    public long Elections;
    public long Applied;
    public long Crashes;
    public long Partitions;
    public long Transfers;
    public long Overwritten;
    public long ReadsAnswered;
    public long LogReads;
    public long Compactions;
    public long Installations;
    public long Changes;
    public long JointChanges;
    public long Removals;

    public void Add(RandomClusterCounts other)
    {
        Elections += other.Elections;
        Applied += other.Applied;
        Crashes += other.Crashes;
        Partitions += other.Partitions;
        Transfers += other.Transfers;
        Overwritten += other.Overwritten;
        ReadsAnswered += other.ReadsAnswered;
        LogReads += other.LogReads;
        Compactions += other.Compactions;
        Installations += other.Installations;
        Changes += other.Changes;
        JointChanges += other.JointChanges;
        Removals += other.Removals;
    }
}
