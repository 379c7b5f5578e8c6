namespace HarmonyDB.Raft.Messages;

/// <summary>The answer to <see cref="AppendEntries"/>. Leaves after all it asserts is durable (R26).</summary>
/// <param name="From">The sender.</param>
/// <param name="To">The receiver.</param>
/// <param name="Term">The follower's term.</param>
/// <param name="Success">Whether the logs agree at the index before the entries.</param>
/// <param name="MatchIndex">On success the last index that the follower asserts to hold durably; on refusal the refused index before the entries.</param>
/// <param name="ConflictIndex">
/// On refusal the highest index, not beyond the refused one, at which the follower's term is not above the leader's: the logs cannot agree
/// between the two. Otherwise zero.
/// </param>
/// <param name="ConflictTerm">The follower's term at <paramref name="ConflictIndex"/>: the leader goes on down to where its own is not above it.</param>
public sealed record AppendEntriesResponse(MemberId From, MemberId To, Term Term, bool Success, LogIndex MatchIndex, LogIndex ConflictIndex, Term ConflictTerm)
    : RaftMessage(From, To, Term);
