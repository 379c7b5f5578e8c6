namespace HarmonyDB.Raft;

/// <summary>
/// Something that Raft rests on is no longer true: a defect, or a disk that lost what it had flushed. The node must stop; nothing it holds in
/// memory may be trusted or written any more.
/// </summary>
public sealed class InvariantViolationException(string message) : Exception(message);
