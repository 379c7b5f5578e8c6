using HarmonyDB.Raft;

namespace HarmonyDB.Model;

/// <summary>What something that happens to a member in a certain state leads to. The core is deterministic, so this is worked out once.</summary>
/// <param name="State">The state it is in then.</param>
/// <param name="Messages">The messages that leave, by number.</param>
/// <param name="ReadStates">The reads that may proceed.</param>
/// <param name="ReadFailures">The reads that got no answer.</param>
/// <param name="Violation">The property that does not hold any more, or null.</param>
internal sealed record Transition(int State, int[] Messages, ReadState[] ReadStates, ulong[] ReadFailures, string? Violation);
