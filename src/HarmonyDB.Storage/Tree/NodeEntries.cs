using System.Buffers;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace HarmonyDB.Storage.Tree;

/// <summary>An ordered list of entries from which nodes are rebuilt; measures what a range of them takes in one page and writes it.</summary>
/// <remarks>In a branch the first entry of a range has no key, whatever key it carries here.</remarks>
internal sealed unsafe class NodeEntries
{
    private readonly int _pageSizeBytes;
    private NodeEntry[] _entries;
    private int _level;

    internal NodeEntries(int pageSizeBytes)
    {
        _pageSizeBytes = pageSizeBytes;
        _entries = new NodeEntry[256];
    }

    internal int Count { get; private set; }

    internal ref NodeEntry this[int index] => ref _entries[index];

    internal void Clear(int level)
    {
        Count = 0;
        _level = level;
    }

    internal void Add(in NodeEntry entry)
    {
        if (Count == _entries.Length)
        {
            Array.Resize(ref _entries, 2 * Count);
        }

        _entries[Count] = entry;
        Count++;
    }

    internal void AddAll(NodePage page)
    {
        for (int i = 0; i < page.Count; i++)
        {
            Add(NodeEntry.From(page, i));
        }
    }

    /// <summary>Bytes that the entries take in one page, header not counted.</summary>
    internal int MeasureBytes(int from, int to)
    {
        int firstKeyed = FirstKeyed(from);
        int prefixBytes = CommonPrefixBytes(firstKeyed, to);
        int bytes = NodePage.PaddedPrefixBytes(prefixBytes) + ((to - from) * NodePage.SlotBytesOf(_level));
        for (int i = firstKeyed; i < to; i++)
        {
            ref NodeEntry entry = ref _entries[i];
            bytes += NodePage.CellBytesOf(_level, entry.KeyBytes - prefixBytes, entry.PayloadBytes);
        }

        return bytes;
    }

    internal bool Fits(int from, int to) => MeasureBytes(from, to) <= _pageSizeBytes - PageHeader.SizeBytes;

    /// <summary>The index at which to cut so that both halves fit and the larger is as small as it can be.</summary>
    internal int FindSplit()
    {
        int best = FindBalance();

        // A key that does not share the page's prefix lies outside all others, so cutting beside it always works.
        Debug.Assert(Larger(best) <= _pageSizeBytes - PageHeader.SizeBytes, "No split makes both halves fit.");
        return best;
    }

    /// <summary>The index at which to cut so that the larger half is as small as it can be, whether it fits or not.</summary>
    internal int FindBalance()
    {
        // The left half grows with the index and the right one shrinks, so the best index is where they cross, or the one before. Where the
        // cells' own bytes cross is near it.
        int low = FindMiddle();
        while (low > 1 && !IsLeftSmaller(low - 1))
        {
            low--;
        }

        while (low < Count - 1 && IsLeftSmaller(low))
        {
            low++;
        }

        return low > 1 && Larger(low - 1) < Larger(low) ? low - 1 : low;
    }

    /// <summary>Writes a range of entries as the whole contents of a page. No entry may point into that page.</summary>
    internal void Write(int from, int to, byte* page, ulong pageId, ulong txId)
    {
        int firstKeyed = FirstKeyed(from);
        int prefixBytes = CommonPrefixBytes(firstKeyed, to);
        int count = to - from;
        new Span<byte>(page, PageHeader.SizeBytes).Clear();
        PageHeader.Write(page, _level == 0 ? PageType.Leaf : PageType.Branch, _level, pageId, txId);
        *(ushort*)(page + PageHeader.CountOffset) = (ushort)count;
        *(ushort*)(page + PageHeader.PrefixBytesOffset) = (ushort)prefixBytes;
        if (prefixBytes > 0)
        {
            WritePrefix(_entries[firstKeyed], page + PageHeader.SizeBytes, prefixBytes);
        }

        var node = new NodePage(page, _pageSizeBytes);
        uint* heads = node.Heads;
        ulong* children = node.Children;
        ushort* offsets = node.Offsets;
        int cells = _pageSizeBytes;
        for (int i = 0; i < count; i++)
        {
            ref NodeEntry entry = ref _entries[from + i];
            bool keyed = from + i >= firstKeyed;
            int suffixBytes = keyed ? entry.KeyBytes - prefixBytes : 0;
            int cellBytes = NodePage.CellBytesOf(_level, suffixBytes, entry.PayloadBytes);
            heads[i] = keyed ? entry.HeadAfter(prefixBytes) : 0;
            offsets[i] = (ushort)suffixBytes;
            if (_level > 0)
            {
                Unsafe.WriteUnaligned(children + i, entry.Fixed);
            }

            if (cellBytes > 0)
            {
                cells -= cellBytes;
                offsets[i] = (ushort)cells;
                byte* rest = NodeEditor.WriteCell(page + cells, _level, suffixBytes, entry.Fixed, entry.Payload, entry.PayloadBytes);
                WriteRest(entry, prefixBytes, rest, suffixBytes - KeyHead.SizeBytes);
            }
        }

        // No stale bytes: a file is determined by what was written to it.
        byte* slotsEnd = (byte*)(offsets + count);
        new Span<byte>(slotsEnd, (int)(page + cells - slotsEnd)).Clear();
        *(int*)(page + PageHeader.CellsStartOffset) = cells;
    }

    private bool IsLeftSmaller(int cut) => MeasureBytes(0, cut) < MeasureBytes(cut, Count);

    private int FindMiddle()
    {
        long total = 0;
        for (int i = 0; i < Count; i++)
        {
            total += _entries[i].KeyBytes + _entries[i].PayloadBytes;
        }

        long left = 0;
        int middle = 0;
        while (middle < Count - 1 && 2 * left < total)
        {
            left += _entries[middle].KeyBytes + _entries[middle].PayloadBytes;
            middle++;
        }

        return Math.Max(1, middle);
    }

    private int Larger(int cut) => Math.Max(MeasureBytes(0, cut), MeasureBytes(cut, Count));

    private int FirstKeyed(int from) => _level == 0 ? from : from + 1;

    /// <summary>Of a single key no prefix is taken: the next insert would only have to take it back.</summary>
    private int CommonPrefixBytes(int from, int to) => to - from < 2 ? 0 : NodeEntry.CommonPrefixBytes(_entries[from], _entries[to - 1]);

    private static void WriteRest(in NodeEntry entry, int prefixBytes, byte* rest, int restBytes)
    {
        if (restBytes > 0)
        {
            entry.CopyKey(prefixBytes + KeyHead.SizeBytes, new Span<byte>(rest, restBytes));
        }
    }

    /// <summary>The prefix and the zeros behind it.</summary>
    private static void WritePrefix(in NodeEntry entry, byte* target, int prefixBytes)
    {
        byte[] key = ArrayPool<byte>.Shared.Rent(entry.KeyBytes);
        entry.CopyKey(0, key);
        key.AsSpan(0, prefixBytes).CopyTo(new Span<byte>(target, prefixBytes));
        ArrayPool<byte>.Shared.Return(key);
        new Span<byte>(target + prefixBytes, NodePage.PaddedPrefixBytes(prefixBytes) - prefixBytes).Clear();
    }
}
