namespace HarmonyDB.Storage.Tree;

/// <summary>How far a compaction has come.</summary>
/// <param name="MovedPages">Pages moved, by this step or by the whole run.</param>
/// <param name="PageCount">Pages in use or free, meta pages included.</param>
/// <param name="FileBytes">Length of the file in bytes.</param>
/// <param name="IsFinished">Whether another step would not make the file shorter.</param>
public readonly record struct CompactionProgress(long MovedPages, long PageCount, long FileBytes, bool IsFinished);
