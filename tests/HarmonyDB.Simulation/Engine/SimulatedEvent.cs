namespace HarmonyDB.Simulation;

/// <summary>Something that will happen.</summary>
/// <param name="Time">When, in ticks of simulated time.</param>
/// <param name="Kind">What.</param>
/// <param name="Node">To which node; -1 for none.</param>
/// <param name="Lifetime">For which run of the node's process; it does not reach a later one. -1 for any.</param>
/// <param name="Argument">A number that belongs to it.</param>
/// <param name="Payload">An object that belongs to it.</param>
internal readonly record struct SimulatedEvent(long Time, EventKind Kind, int Node = -1, int Lifetime = -1, long Argument = 0, object? Payload = null);
