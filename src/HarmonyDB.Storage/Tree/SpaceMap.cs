using System.Runtime.InteropServices;

namespace HarmonyDB.Storage.Tree;

/// <summary>
/// Which pages the trees of a durable state use, as that state's meta page leads to it: a bitmap cut into pages (chunks), and above it index
/// pages that say where the chunks are. Copied on write like a tree, so that recording a state costs as much as changed since the state
/// before, however many pages are free. Immutable.
/// </summary>
/// <remarks>
/// The map has no bits for its own pages: whoever reads it passes through all of them and so knows them. That is what keeps a change of the
/// map from changing the map.
/// </remarks>
internal sealed unsafe class SpaceMap
{
    private readonly List<List<Entry>> _levels;
    private readonly int _pageSizeBytes;

    private SpaceMap(List<List<Entry>> levels, int pageSizeBytes)
    {
        _levels = levels;
        _pageSizeBytes = pageSizeBytes;
    }

    /// <summary>The page that the meta page points to; none while no page is in use.</summary>
    internal Entry Root => _levels.Count == 0 ? default : _levels[^1][0];

    /// <summary>The pages of the map itself.</summary>
    internal IEnumerable<ulong> Pages => _levels.SelectMany(static level => level).Where(static entry => entry.Page != 0).Select(static entry => entry.Page);

    /// <summary>Words of 64 pages in a chunk.</summary>
    internal static int WordsPerChunk(int pageSizeBytes) => (pageSizeBytes - PageHeader.SizeBytes) / sizeof(ulong);

    /// <summary>Pages that a chunk covers: 32,512 with pages of 4 KiB, which is 127 MiB.</summary>
    internal static int PagesPerChunk(int pageSizeBytes) => WordsPerChunk(pageSizeBytes) * 64;

    internal static SpaceMap Empty(int pageSizeBytes) => new([], pageSizeBytes);

    /// <summary>A map from nothing, whose pages follow all others.</summary>
    /// <returns>The map, and the number of pages with those of the map.</returns>
    internal static (SpaceMapChange Change, ulong PageCount) Create(int pageSizeBytes, ulong txId, PageBitmap used, ulong pageCount)
    {
        ulong perChunk = (ulong)PagesPerChunk(pageSizeBytes);
        for (ulong covered = pageCount; ;)
        {
            ulong next = pageCount;
            int chunks = (int)((covered + perChunk - 1) / perChunk);
            SpaceMapChange change = Empty(pageSizeBytes).With(txId, used, Enumerable.Range(0, chunks), covered, () => next++);
            if ((int)((next + perChunk - 1) / perChunk) == chunks)
            {
                return (change, next);
            }

            covered = next;
        }
    }

    /// <summary>The map of the next durable state.</summary>
    /// <param name="txId">The state.</param>
    /// <param name="used">Pages that its trees use.</param>
    /// <param name="changedChunks">Chunks in which a page was taken or given up since the state of this map.</param>
    /// <param name="pageCount">Number of pages of the state.</param>
    /// <param name="allocate">Takes a page that no state needs.</param>
    internal SpaceMapChange With(ulong txId, PageBitmap used, IEnumerable<int> changedChunks, ulong pageCount, Func<ulong> allocate)
    {
        var change = new SpaceMapChange();
        List<List<Entry>> levels = _levels.ConvertAll(static level => new List<Entry>(level));
        var changed = new SortedSet<int>(changedChunks);
        ulong perChunk = (ulong)PagesPerChunk(_pageSizeBytes);
        int count = checked((int)((pageCount + perChunk - 1) / perChunk));
        for (int level = 0; ; level++)
        {
            if (level == levels.Count)
            {
                levels.Add([]);
                changed = [.. Enumerable.Range(0, count)];
            }

            SetCount(levels[level], count, change);
            var above = new SortedSet<int>();
            foreach (int index in changed.Where(index => index < count))
            {
                Replace(levels, level, index, txId, used, change, allocate);
                above.Add(index / EntriesPerPage);
            }

            if (count == 1)
            {
                for (int higher = levels.Count - 1; higher > level; higher--)
                {
                    SetCount(levels[higher], 0, change);
                    levels.RemoveAt(higher);
                }

                change.Map = new SpaceMap(levels, _pageSizeBytes);
                return change;
            }

            changed = above;
            count = ((count - 1) / EntriesPerPage) + 1;
        }
    }

    /// <summary>Reads a map, believing nothing: place, checksum, transaction and range of every page (B2, B29).</summary>
    /// <param name="file">The store file.</param>
    /// <param name="meta">The state.</param>
    /// <param name="used">Receives the pages that the state's trees use.</param>
    /// <exception cref="StoreDamagedException">Something does not hold.</exception>
    internal static SpaceMap Read(StoreFile file, MetaPage meta, PageBitmap used)
    {
        if (meta.MapRoot == 0)
        {
            return Empty(file.PageSizeBytes);
        }

        var map = new SpaceMap([], file.PageSizeBytes);
        ulong perChunk = (ulong)PagesPerChunk(file.PageSizeBytes);
        var counts = new List<int> { checked((int)((meta.PageCount + perChunk - 1) / perChunk)) };
        while (counts[^1] > 1)
        {
            counts.Add(((counts[^1] - 1) / map.EntriesPerPage) + 1);
        }

        foreach (int count in counts)
        {
            var level = new List<Entry>();
            CollectionsMarshal.SetCount(level, count);
            map._levels.Add(level);
        }

        var seen = new PageBitmap();
        map._levels[^1][0] = new Entry(meta.MapRoot, meta.MapTxId);
        for (int level = counts.Count - 1; level >= 0; level--)
        {
            for (int index = 0; index < counts[level]; index++)
            {
                map.ReadPage(file, meta, level, index, used, seen);
            }
        }

        foreach (ulong page in seen)
        {
            ThrowIf(used.Contains(page), file, page, "it is part of the map of used pages and of a tree");
        }

        return map;
    }

    private int EntriesPerPage => (_pageSizeBytes - PageHeader.SizeBytes) / sizeof(Entry);

    private static void SetCount(List<Entry> level, int count, SpaceMapChange change)
    {
        for (int i = count; i < level.Count; i++)
        {
            change.Retire(level[i]);
        }

        CollectionsMarshal.SetCount(level, count);
    }

    private static void ThrowIf(bool isDamaged, StoreFile file, ulong page, string reason)
    {
        if (isDamaged)
        {
            throw new StoreDamagedException(file.Path, new PageId(page), reason);
        }
    }

    private void Replace(List<List<Entry>> levels, int level, int index, ulong txId, PageBitmap used, SpaceMapChange change, Func<ulong> allocate)
    {
        change.Retire(levels[level][index]);
        byte[] image = new byte[_pageSizeBytes];
        Span<ulong> words = MemoryMarshal.Cast<byte, ulong>(image.AsSpan(PageHeader.SizeBytes));
        bool isEmpty = true;
        if (level == 0)
        {
            int first = index * words.Length;
            for (int i = 0; i < words.Length; i++)
            {
                words[i] = used.Word(first + i);
                isEmpty &= words[i] == 0;
            }
        }
        else
        {
            Span<Entry> entries = MemoryMarshal.Cast<byte, Entry>(image.AsSpan(PageHeader.SizeBytes));
            List<Entry> below = levels[level - 1];
            int first = index * EntriesPerPage;
            for (int i = 0; i < EntriesPerPage && first + i < below.Count; i++)
            {
                entries[i] = below[first + i];
                isEmpty &= entries[i].Page == 0;
            }
        }

        levels[level][index] = default;
        if (!isEmpty)
        {
            ulong page = allocate();
            levels[level][index] = new Entry(page, txId);
            fixed (byte* pointer = image)
            {
                PageHeader.Write(pointer, PageType.SpaceMap, level, page, txId);
                *(ulong*)(pointer + PageHeader.TailOffset) = (ulong)index;
                PageHeader.Seal(pointer, _pageSizeBytes);
                change.Add(page, image, PageHeader.Checksum(pointer));
            }
        }
    }

    private void ReadPage(StoreFile file, MetaPage meta, int level, int index, PageBitmap used, PageBitmap seen)
    {
        Entry entry = _levels[level][index];
        if (entry.Page == 0)
        {
            return;
        }

        ulong id = entry.Page;
        ThrowIf(id < PageHeader.FirstPageId || id >= meta.PageCount, file, id, "the map of used pages points outside the file");
        byte* page = file.Mapping.Page(id);
        ThrowIf(PageHeader.ComputeChecksum(page, _pageSizeBytes) != PageHeader.Checksum(page), file, id, "its checksum does not match");
        bool isExpected = PageHeader.Kind(page) == ((ushort)PageType.SpaceMap | (level << 8)) && PageHeader.Id(page) == id
            && PageHeader.Transaction(page) == entry.Transaction && PageHeader.Tail(page) == (ulong)index && seen.Add(id);
        ThrowIf(!isExpected, file, id, "it is not the page of the map of used pages that is expected here");
        if (level > 0)
        {
            List<Entry> below = _levels[level - 1];
            int first = index * EntriesPerPage;
            for (int i = 0; i < EntriesPerPage && first + i < below.Count; i++)
            {
                below[first + i] = ((Entry*)(page + PageHeader.SizeBytes))[i];
            }

            return;
        }

        int words = WordsPerChunk(_pageSizeBytes);
        for (int i = 0; i < words; i++)
        {
            ulong word = ((ulong*)(page + PageHeader.SizeBytes))[i];
            long lowest = ((long)index * words * 64) + (i * 64L);
            ulong allowed = lowest == 0 ? ~3UL : ~0UL;
            allowed &= lowest + 64 <= (long)meta.PageCount ? ~0UL : lowest >= (long)meta.PageCount ? 0 : (1UL << (int)((long)meta.PageCount - lowest)) - 1;
            ThrowIf((word & ~allowed) != 0, file, id, "it says that pages outside the file are in use");
            used.AddWord((index * words) + i, word);
        }
    }

    /// <summary>Where a page of the map is.</summary>
    /// <param name="Page">Its number, 0 for a page that would say that nothing is in use.</param>
    /// <param name="Transaction">The state that wrote it.</param>
    [StructLayout(LayoutKind.Sequential)]
    internal readonly record struct Entry(ulong Page, ulong Transaction);
}
