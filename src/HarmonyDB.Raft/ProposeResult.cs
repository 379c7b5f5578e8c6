namespace HarmonyDB.Raft;

/// <summary>The answer to <see cref="RaftNode.Propose"/>.</summary>
/// <param name="Status">Whether the proposal was appended, and if not, why.</param>
/// <param name="Index">Where it was appended; zero unless accepted.</param>
/// <param name="Term">
/// The term under which it was appended: if another term's entry is committed at <paramref name="Index"/>, the proposal was lost. Otherwise
/// the current term.
/// </param>
/// <param name="Leader">The leader as far as this member knows, or <see cref="MemberId.None"/>.</param>
public readonly record struct ProposeResult(ProposeStatus Status, LogIndex Index, Term Term, MemberId Leader);
