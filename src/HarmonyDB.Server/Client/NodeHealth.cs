namespace HarmonyDB.Server.Client;

/// <summary>What a node's <c>/health</c> says.</summary>
/// <param name="Endpoint">The node.</param>
/// <param name="Healthy">Whether it can serve a linearizable read.</param>
/// <param name="Reason">Why not; empty when it can.</param>
public sealed record NodeHealth(Uri Endpoint, bool Healthy, string Reason);
