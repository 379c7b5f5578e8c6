namespace HarmonyDB.Faults.FlushOrder;

/// <summary>A put that a client saw acknowledged.</summary>
/// <param name="Token">The token in its value.</param>
/// <param name="Revision">The revision in the answer, which no other put has.</param>
internal sealed record AcknowledgedPut(string Token, long Revision);
