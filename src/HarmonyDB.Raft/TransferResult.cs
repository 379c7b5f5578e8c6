namespace HarmonyDB.Raft;

/// <summary>The answer to <see cref="RaftNode.TransferLeadership(MemberId)"/>.</summary>
/// <param name="Status">Whether the transfer began, and if not, why.</param>
/// <param name="Target">To whom leadership goes; <see cref="MemberId.None"/> unless started.</param>
public readonly record struct TransferResult(TransferStatus Status, MemberId Target);
