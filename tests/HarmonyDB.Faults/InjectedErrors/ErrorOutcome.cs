namespace HarmonyDB.Faults.InjectedErrors;

/// <summary>What came of an injected error.</summary>
/// <param name="Injected">Number of calls that it hit.</param>
/// <param name="Acknowledged">Number of writes that were acknowledged.</param>
/// <param name="TooEarly">Number of those that were acknowledged without a good flush before.</param>
/// <param name="Lost">Number of those that are not there, or otherwise, after a restart without errors.</param>
/// <param name="Stopped">Whether the node stopped by itself.</param>
/// <param name="Problem">What was not as promised; null if all was.</param>
internal sealed record ErrorOutcome(int Injected, int Acknowledged, int TooEarly, int Lost, bool Stopped, string? Problem);
