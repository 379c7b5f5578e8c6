namespace HarmonyDB.Faults.KillLeader;

/// <summary>What <c>kill-leader</c> does.</summary>
/// <param name="Rounds">How often the leader is killed.</param>
/// <param name="Nodes">Number of nodes.</param>
/// <param name="Writers">Number of clients that write all the time.</param>
/// <param name="Seed">Decides how long the cluster is left alone between kills.</param>
internal sealed record KillLeaderOptions(int Rounds, int Nodes, int Writers, int Seed);
