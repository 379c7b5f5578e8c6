namespace HarmonyDB.Simulation;

/// <summary>A seed found something that must not be.</summary>
internal sealed class SimulationFailedException(string message, Exception? cause = null) : Exception(message, cause);
