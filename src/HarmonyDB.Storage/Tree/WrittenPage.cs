namespace HarmonyDB.Storage.Tree;

/// <summary>A page that a commit wrote, as its meta page lists it.</summary>
/// <param name="Page">Its number.</param>
/// <param name="Checksum">The checksum in its header.</param>
internal readonly record struct WrittenPage(ulong Page, uint Checksum);
