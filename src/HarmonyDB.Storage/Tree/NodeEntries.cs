using System.Diagnostics;

namespace HarmonyDB.Storage.Tree;

/// <summary>An ordered list of entries from which nodes are rebuilt; measures what a range of them takes in one page and writes it.</summary>
/// <remarks>In a branch the first entry of a range has no key, whatever key it carries here.</remarks>
internal sealed unsafe class NodeEntries
{
    private readonly int _pageSizeBytes;
    private NodeEntry[] _entries;
    private int[] _sizeSums;
    private int _level;

    internal NodeEntries(int pageSizeBytes)
    {
        _pageSizeBytes = pageSizeBytes;
        _entries = new NodeEntry[256];
        _sizeSums = new int[257];
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
            Array.Resize(ref _sizeSums, (2 * Count) + 1);
        }

        _entries[Count] = entry;
        int headerBytes = _level == 0 ? NodePage.LeafCellBytes : NodePage.BranchCellBytes;
        _sizeSums[Count + 1] = _sizeSums[Count] + NodePage.SlotBytes + headerBytes + entry.KeyBytes + entry.PayloadBytes;
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
        int keyless = firstKeyed > from ? _entries[from].KeyBytes : 0;
        return prefixBytes + _sizeSums[to] - _sizeSums[from] - keyless - ((to - firstKeyed) * prefixBytes);
    }

    internal bool Fits(int from, int to) => MeasureBytes(from, to) <= _pageSizeBytes - PageHeader.SizeBytes;

    /// <summary>The index at which to cut so that both halves fit and the larger is as small as it can be.</summary>
    internal int FindSplit()
    {
        int best = 0;
        int bestBytes = int.MaxValue;
        for (int i = 1; i < Count; i++)
        {
            int larger = Math.Max(MeasureBytes(0, i), MeasureBytes(i, Count));
            if (larger < bestBytes)
            {
                best = i;
                bestBytes = larger;
            }
        }

        // A key that does not share the page's prefix lies outside all others, so cutting beside it always works.
        Debug.Assert(bestBytes <= _pageSizeBytes - PageHeader.SizeBytes, "No split makes both halves fit.");
        return best;
    }

    /// <summary>Writes a range of entries as the whole contents of a page. No entry may point into that page.</summary>
    internal void Write(int from, int to, byte* page, ulong pageId, ulong txId)
    {
        int firstKeyed = FirstKeyed(from);
        int prefixBytes = CommonPrefixBytes(firstKeyed, to);
        new Span<byte>(page, _pageSizeBytes).Clear();
        PageHeader.Write(page, _level == 0 ? PageType.Leaf : PageType.Branch, _level, pageId, txId);
        int count = to - from;
        *(ushort*)(page + PageHeader.CountOffset) = (ushort)count;
        *(ushort*)(page + PageHeader.PrefixBytesOffset) = (ushort)prefixBytes;
        int cells = _pageSizeBytes - prefixBytes;
        if (prefixBytes > 0)
        {
            CopyPrefix(_entries[firstKeyed], new Span<byte>(page + cells, prefixBytes));
        }

        uint* heads = (uint*)(page + PageHeader.SizeBytes);
        ushort* offsets = (ushort*)(heads + count);
        for (int i = 0; i < count; i++)
        {
            ref NodeEntry entry = ref _entries[from + i];
            bool keyed = from + i >= firstKeyed;
            int suffixBytes = keyed ? entry.KeyBytes - prefixBytes : 0;
            cells -= NodeEditor.CellBytes(_level, suffixBytes, entry.PayloadBytes);
            byte* suffix = NodeEditor.WriteCell(page + cells, _level, suffixBytes, entry.Fixed, entry.Payload, entry.PayloadBytes);
            if (keyed)
            {
                entry.CopyKey(prefixBytes, new Span<byte>(suffix, suffixBytes));
            }

            heads[i] = KeyHead.Of(new ReadOnlySpan<byte>(suffix, suffixBytes));
            offsets[i] = (ushort)cells;
        }

        *(int*)(page + PageHeader.CellsStartOffset) = cells;
    }

    private int FirstKeyed(int from) => _level == 0 ? from : from + 1;

    /// <summary>Of a single key no prefix is taken: the next insert would only have to take it back.</summary>
    private int CommonPrefixBytes(int from, int to) => to - from < 2 ? 0 : NodeEntry.CommonPrefixBytes(_entries[from], _entries[to - 1]);

    private static void CopyPrefix(in NodeEntry entry, Span<byte> destination)
    {
        int fromPrefix = Math.Min(entry.PrefixBytes, destination.Length);
        new ReadOnlySpan<byte>(entry.Prefix, fromPrefix).CopyTo(destination);
        new ReadOnlySpan<byte>(entry.Suffix, destination.Length - fromPrefix).CopyTo(destination[fromPrefix..]);
    }
}
