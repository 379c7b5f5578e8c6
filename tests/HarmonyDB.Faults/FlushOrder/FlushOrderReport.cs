namespace HarmonyDB.Faults.FlushOrder;

/// <summary>What the check found.</summary>
/// <param name="Checked">Number of acknowledged puts that were looked at.</param>
/// <param name="Violations">Number of those acknowledged too early, or without a trace of what was done.</param>
/// <param name="Examples">The first few of them in words.</param>
internal sealed record FlushOrderReport(int Checked, int Violations, IReadOnlyList<string> Examples);
