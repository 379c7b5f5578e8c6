namespace HarmonyDB.Faults.CrashImages;

/// <summary>What a crash may leave, from some event of a history on.</summary>
/// <param name="EventCount">Number of events before this holds.</param>
/// <param name="LogFloor">The log's state that a flush acknowledged: the earliest that may be found.</param>
/// <param name="LogCeiling">The latest state that was begun.</param>
/// <param name="FirstIndexMaximum">Entries from here on were not given up.</param>
/// <param name="StoreFloor">The store's state that is durable.</param>
/// <param name="StoreAttempt">The state that is being made durable; the same when none is.</param>
internal readonly record struct Expectation(int EventCount, int LogFloor, int LogCeiling, ulong FirstIndexMaximum, int StoreFloor, int StoreAttempt);
