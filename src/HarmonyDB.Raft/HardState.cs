namespace HarmonyDB.Raft;

/// <summary>
/// What a member must not forget across a restart (Raft paper, figure 2). Term and vote are written in one record: written apart, a crash
/// between them would allow two votes in one term (R24).
/// </summary>
/// <param name="Term">The latest term the member has seen.</param>
/// <param name="Vote">For whom it voted in that term, or <see cref="MemberId.None"/>.</param>
/// <param name="Commit">
/// An index known to be committed and durable in this member's own log. A lower bound that saves work after a restart; losing its newest
/// value is harmless, so a change of it alone needs no flush.
/// </param>
public readonly record struct HardState(Term Term, MemberId Vote, LogIndex Commit);
