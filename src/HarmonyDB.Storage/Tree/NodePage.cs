using System.Runtime.CompilerServices;

namespace HarmonyDB.Storage.Tree;

/// <summary>
/// Read-only view of a branch or leaf page. After the header lie the key heads, then the cell offsets; cells grow from the end of the page
/// towards them, below the common prefix, which is stored once in the page's last bytes.
/// </summary>
/// <remarks>
/// Slot 0 of a branch has no key: its child holds everything below the key of slot 1. A page that passed <see cref="FindFault"/> can be read
/// through this view without leaving the page, whatever its contents.
/// </remarks>
internal readonly unsafe struct NodePage
{
    internal const int SlotBytes = KeyHead.SizeBytes + sizeof(ushort);

    /// <summary>A cell starts with the suffix length; a leaf adds the value's length, a branch the child.</summary>
    internal const int LeafCellBytes = sizeof(ushort) + sizeof(uint);
    internal const int BranchCellBytes = sizeof(ushort) + sizeof(ulong);
    internal const uint OverflowFlag = 1u << 31;

    private readonly byte* _page;
    private readonly int _sizeBytes;

    internal NodePage(byte* page, int sizeBytes)
    {
        _page = page;
        _sizeBytes = sizeBytes;
    }

    internal byte* Pointer => _page;

    internal ulong Id => PageHeader.Id(_page);

    internal ulong Transaction => PageHeader.Transaction(_page);

    internal int Level => _page[PageHeader.LevelOffset];

    internal bool IsLeaf => Level == 0;

    internal int Count => PageHeader.Count(_page);

    internal int PrefixBytes => *(ushort*)(_page + PageHeader.PrefixBytesOffset);

    internal int DeadBytes => *(ushort*)(_page + PageHeader.DeadBytesOffset);

    internal int CellsStart => *(int*)(_page + PageHeader.CellsStartOffset);

    internal int FreeBytes => CellsStart - PageHeader.SizeBytes - (SlotBytes * Count);

    /// <summary>Bytes of slots, live cells and prefix.</summary>
    internal int UsedBytes => _sizeBytes - PageHeader.SizeBytes - FreeBytes - DeadBytes;

    internal uint* Heads => (uint*)(_page + PageHeader.SizeBytes);

    internal ushort* Offsets => (ushort*)(_page + PageHeader.SizeBytes + (KeyHead.SizeBytes * Count));

    internal byte* PrefixPointer => _page + _sizeBytes - PrefixBytes;

    internal ReadOnlySpan<byte> Prefix => new(PrefixPointer, PrefixBytes);

    internal byte* Cell(int index) => _page + Offsets[index];

    internal int CellHeaderBytes => IsLeaf ? LeafCellBytes : BranchCellBytes;

    internal ReadOnlySpan<byte> Suffix(int index)
    {
        byte* cell = Cell(index);
        return new ReadOnlySpan<byte>(cell + CellHeaderBytes, *(ushort*)cell);
    }

    internal int KeyBytes(int index) => PrefixBytes + *(ushort*)Cell(index);

    internal void CopyKey(int index, Span<byte> destination)
    {
        Prefix.CopyTo(destination);
        Suffix(index).CopyTo(destination[PrefixBytes..]);
    }

    internal ulong Child(int index) => Unsafe.ReadUnaligned<ulong>(Cell(index) + sizeof(ushort));

    internal uint ValueHeader(int index) => Unsafe.ReadUnaligned<uint>(Cell(index) + sizeof(ushort));

    internal byte* Payload(int index)
    {
        byte* cell = Cell(index);
        return cell + LeafCellBytes + *(ushort*)cell;
    }

    internal static int PayloadBytes(uint valueHeader) =>
        (valueHeader & OverflowFlag) != 0 ? OverflowReference.SizeBytes : (int)valueHeader;

    internal int CellBytes(int index)
    {
        int suffixBytes = *(ushort*)Cell(index);
        return IsLeaf ? LeafCellBytes + suffixBytes + PayloadBytes(ValueHeader(index)) : BranchCellBytes + suffixBytes;
    }

    /// <summary>The first slot, from <paramref name="from"/> on, whose key is not below <paramref name="key"/>.</summary>
    internal int LowerBound(ReadOnlySpan<byte> key, int from, out bool found)
    {
        found = false;
        if (PrefixBytes != 0)
        {
            int order = CompareWithPrefix(key);
            if (order != 0)
            {
                return order < 0 ? from : Count;
            }

            key = key[PrefixBytes..];
        }

        uint head = KeyHead.Of(key);
        uint* heads = Heads;
        int low = from;
        int high = Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            uint other = heads[middle];
            int order = other == head ? Suffix(middle).SequenceCompareTo(key) : other < head ? -1 : 1;
            if (order < 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
                found |= order == 0;
            }
        }

        return low;
    }

    /// <summary>The slot of the child that holds a key.</summary>
    internal int ChildIndex(ReadOnlySpan<byte> key)
    {
        int index = LowerBound(key, 1, out bool found);
        return found ? index : index - 1;
    }

    /// <summary>What makes this page unsafe or senseless to read, or null. Called once per page, before anything else reads it.</summary>
    internal string? FindFault()
    {
        int level = Level;
        if (PageHeader.Kind(_page) != PageHeader.NodeKind(level) || level >= StoreLimits.DepthMaximum)
        {
            return "it is not a tree page";
        }

        int slotsEnd = PageHeader.SizeBytes + (SlotBytes * Count);
        int cellsEnd = _sizeBytes - PrefixBytes;
        if (slotsEnd > CellsStart || CellsStart > cellsEnd || (level > 0 && Count == 0))
        {
            return "its slots and cells overlap";
        }

        int cellHeaderBytes = CellHeaderBytes;
        for (int i = 0; i < Count; i++)
        {
            int offset = Offsets[i];
            if (offset < CellsStart || offset + cellHeaderBytes > cellsEnd)
            {
                return "a slot points outside the cells";
            }

            long cellEnd = (long)offset + cellHeaderBytes + *(ushort*)(_page + offset);
            cellEnd += level == 0 ? (uint)PayloadBytes(ValueHeader(i)) : 0;
            if (cellEnd > cellsEnd)
            {
                return "a cell reaches beyond the page";
            }
        }

        return null;
    }

    private int CompareWithPrefix(ReadOnlySpan<byte> key)
    {
        ReadOnlySpan<byte> prefix = Prefix;
        if (key.Length >= prefix.Length)
        {
            return key[..prefix.Length].SequenceCompareTo(prefix);
        }

        int order = key.SequenceCompareTo(prefix[..key.Length]);
        return order != 0 ? order : -1;
    }
}
