namespace HarmonyDB.Raft.Messages;

/// <summary>
/// A leader sends entries, or asks where the logs agree (Raft paper, section 5.3). May leave before the leader's own flush.
/// </summary>
/// <param name="From">The sender.</param>
/// <param name="To">The receiver.</param>
/// <param name="Term">The leader's term.</param>
/// <param name="PrevLogIndex">The index before the first entry.</param>
/// <param name="PrevLogTerm">The term of the leader's entry there.</param>
/// <param name="Entries">Contiguous entries from <paramref name="PrevLogIndex"/> on; may be empty.</param>
/// <param name="LeaderCommit">The leader's commit index, which may lie beyond the entries.</param>
public sealed record AppendEntries(
    MemberId From, MemberId To, Term Term, LogIndex PrevLogIndex, Term PrevLogTerm, IReadOnlyList<Entry> Entries, LogIndex LeaderCommit)
    : RaftMessage(From, To, Term);
