namespace HarmonyDB.Storage.Tree;

/// <summary>Writes pages from the mapping, where they were made, to their places in the file.</summary>
internal static unsafe class PageWriter
{
    /// <summary>
    /// Most bytes in one write. The page cache keeps what one call wrote as one piece, and a later write of a single page into a large piece costs
    /// several times as much (docs/performance.md).
    /// </summary>
    private const int CoalescedBytesMaximum = 16 << 10;

    /// <summary>Seals and writes pages, neighbours together. Nothing durable points to them yet.</summary>
    /// <param name="file">The file.</param>
    /// <param name="mapping">Where the pages are.</param>
    /// <param name="pageIds">The pages, ascending.</param>
    internal static void Write(StoreFile file, Mapping mapping, ReadOnlySpan<ulong> pageIds)
    {
        int pagesMaximum = CoalescedBytesMaximum / file.PageSizeBytes;
        for (int from = 0; from < pageIds.Length;)
        {
            ulong first = pageIds[from];
            int count = 0;
            do
            {
                mapping.Seal(first + (ulong)count);
                count++;
            }
            while (from + count < pageIds.Length && count < pagesMaximum && pageIds[from + count] == first + (ulong)count);

            file.Write((long)first * file.PageSizeBytes, new ReadOnlySpan<byte>(mapping.Page(first), count * file.PageSizeBytes));
            for (ulong i = first; i < first + (ulong)count; i++)
            {
                mapping.SetWritten(i);
            }

            from += count;
        }
    }

    /// <summary>What a meta page lists of pages that were written.</summary>
    internal static List<WrittenPage> List(Mapping mapping, ReadOnlySpan<ulong> pageIds)
    {
        var written = new List<WrittenPage>(pageIds.Length);
        foreach (ulong pageId in pageIds)
        {
            written.Add(new WrittenPage(pageId, PageHeader.Checksum(mapping.Page(pageId))));
        }

        return written;
    }
}
