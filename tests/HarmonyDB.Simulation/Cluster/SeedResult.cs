namespace HarmonyDB.Simulation;

/// <summary>What a seed that found nothing came to.</summary>
/// <param name="SimulatedTicks">Simulated time, in ticks.</param>
/// <param name="Operations">Operations that clients began.</param>
/// <param name="Acknowledged">Operations that were acknowledged.</param>
/// <param name="Elections">Terms that had a leader.</param>
/// <param name="Crashes">Processes that ended.</param>
/// <param name="Messages">Messages sent between nodes.</param>
/// <param name="Steps">Times a node's invariants were checked.</param>
/// <param name="States">Distinct states of the keyspace that were compared between nodes.</param>
/// <param name="TraceHash">Hash of all that happened.</param>
/// <param name="Faults">How often each fault struck.</param>
internal sealed record SeedResult(
    long SimulatedTicks, long Operations, long Acknowledged, long Elections, long Crashes, long Messages, long Steps, long States, ulong TraceHash,
    FaultCounters Faults);
