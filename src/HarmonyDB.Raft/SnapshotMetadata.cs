namespace HarmonyDB.Raft;

/// <summary>
/// Names the state that all entries up to an index lead to (Raft paper, section 7). It carries the configuration in force at that index and no newer
/// one: a later one may not be committed, and could then never be taken back (R7, R8).
/// </summary>
/// <param name="Index">The last entry that the state includes.</param>
/// <param name="Term">The term of that entry.</param>
/// <param name="Configuration">The configuration in force at <paramref name="Index"/>, read with <see cref="Configuration.Decode"/>.</param>
/// <param name="ConfigurationIndex">Where that configuration stood in the log; zero when it did not come from there.</param>
public sealed record SnapshotMetadata(LogIndex Index, Term Term, Configuration Configuration, LogIndex ConfigurationIndex);
