namespace HarmonyDB;

/// <summary>Why a node has stopped.</summary>
/// <param name="Reason">In a sentence.</param>
/// <param name="Failed">Whether a part of it failed; false when it was asked to stop.</param>
/// <param name="Failure">The exception of the part that failed, if there was one.</param>
public sealed record NodeStopReason(string Reason, bool Failed, Exception? Failure = null);
