namespace HarmonyDB.Storage.Tree;

/// <summary>Sizes that a store accepts.</summary>
public static class StoreLimits
{
    /// <summary>Smallest page size, in bytes.</summary>
    public const int PageBytesMinimum = 4096;

    /// <summary>Largest page size, in bytes.</summary>
    public const int PageBytesMaximum = 65536;

    /// <summary>Largest value, in bytes: 1 GiB.</summary>
    public const int ValueBytesMaximum = 1 << 30;

    /// <summary>Most levels a tree can have. Reaching it takes more entries than a file can hold; it bounds what a damaged file can make a reader do.</summary>
    internal const int DepthMaximum = 40;

    /// <summary>Largest key, in bytes, for a page size: 5/16 of it, so that any three keys fit into one page. 1,280 with pages of 4 KiB.</summary>
    /// <param name="pageSizeBytes">The page size of the store.</param>
    public static int KeyBytesMaximum(int pageSizeBytes) => pageSizeBytes / 16 * 5;

    /// <summary>Largest leaf cell whose value is kept in the leaf; a larger one moves its value to an overflow run.</summary>
    internal static int InlineCellBytesMaximum(int pageSizeBytes) => (pageSizeBytes - PageHeader.SizeBytes) / 4;
}
