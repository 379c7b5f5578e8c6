namespace HarmonyDB.Storage.Tree;

/// <summary>Consecutive pages that a transaction unlinked.</summary>
/// <param name="First">The first page.</param>
/// <param name="Count">How many.</param>
/// <param name="Birth">The transaction that wrote them.</param>
internal readonly record struct RetiredPages(ulong First, int Count, ulong Birth);
