namespace HarmonyDB.Faults.CrashImages;

/// <summary>What was noticed about an image that is in order.</summary>
/// <param name="IsLogAhead">Whether more of the log was found than was acknowledged.</param>
/// <param name="IsStoreAhead">Whether a commit was found that had not returned.</param>
/// <param name="IsCut">Whether a torn tail was cut.</param>
/// <param name="IsDiscarded">Whether the store took an interrupted commit back.</param>
internal readonly record struct Verdict(bool IsLogAhead, bool IsStoreAhead, bool IsCut, bool IsDiscarded);
