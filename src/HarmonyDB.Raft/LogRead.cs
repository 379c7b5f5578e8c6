namespace HarmonyDB.Raft;

/// <summary>
/// A range of durable entries that Raft no longer holds in memory. The host answers each with <see cref="RaftNode.EntriesRead"/>: a contiguous
/// run from <paramref name="From"/>, as long as fits, and at least one entry. For a peer an empty answer says that the range cannot be read now.
/// </summary>
/// <param name="Id">Names the question; an answer that is no longer wanted is ignored.</param>
/// <param name="From">The first index wanted.</param>
/// <param name="ToExclusive">The index after the last one wanted.</param>
/// <param name="MaximumBytes">The most bytes, counted by <see cref="Entry.SizeBytes"/>; a first entry that is larger comes alone.</param>
/// <param name="Peer">For whom, or <see cref="MemberId.None"/> when the entries are to be applied here.</param>
public sealed record LogRead(ulong Id, LogIndex From, LogIndex ToExclusive, long MaximumBytes, MemberId Peer);
