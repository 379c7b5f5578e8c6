namespace HarmonyDB.Storage.Tree;

/// <summary>How far a check or a salvage is.</summary>
/// <param name="PagesDone">Pages looked at.</param>
/// <param name="PagesTotal">Pages there are; not all of them need be looked at.</param>
public readonly record struct CheckProgress(long PagesDone, long PagesTotal)
{
    /// <summary>Pages between two reports.</summary>
    internal const int Interval = 1024;
}
