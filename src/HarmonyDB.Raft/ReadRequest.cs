namespace HarmonyDB.Raft;

/// <summary>One question for a read index.</summary>
/// <param name="RequestId">The id that the answer carries.</param>
/// <param name="From">The member that forwarded it, or <see cref="MemberId.None"/> when it was asked here.</param>
internal readonly record struct ReadRequest(ulong RequestId, MemberId From);
