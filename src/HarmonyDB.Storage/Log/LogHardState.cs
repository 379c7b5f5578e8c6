namespace HarmonyDB.Storage.Log;

/// <summary>What a member must remember of its votes, in one record, so that a crash can never separate a vote from its term (R24).</summary>
/// <param name="Term">The latest term seen.</param>
/// <param name="Vote">The member voted for in that term, 0 for none.</param>
/// <param name="Commit">The highest index known to be committed.</param>
public readonly record struct LogHardState(ulong Term, ulong Vote, ulong Commit);
