using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace HarmonyDB.Storage.Tree;

/// <summary>
/// Read-only view of a branch or leaf page. After the header lie the prefix that all keys of the page share, the key heads, in a branch the
/// children, then the cell offsets; cells grow from the end of the page towards them.
/// </summary>
/// <remarks>
/// A key is the prefix, the head's bytes and the rest, which alone lies in the cell. Slot 0 of a branch has no key: its child holds everything
/// below the key of slot 1. A page that passed <see cref="FindFault"/> can be read through this view without leaving the page, whatever its
/// contents.
/// </remarks>
internal readonly unsafe struct NodePage
{
    internal const int LeafSlotBytes = KeyHead.SizeBytes + sizeof(ushort);
    internal const int BranchSlotBytes = KeyHead.SizeBytes + sizeof(ulong) + sizeof(ushort);

    /// <summary>A cell starts with the suffix length; a leaf adds the value's length. A branch slot whose suffix fits into the head has no cell.</summary>
    internal const int LeafCellBytes = 2 * sizeof(ushort);
    internal const int BranchCellBytes = sizeof(ushort);

    /// <summary>In a value header as this code hands it around: the value lies in an overflow run.</summary>
    internal const uint OverflowFlag = 1u << 31;

    /// <summary>In a cell: in place of the value lie its length and the reference to its overflow run.</summary>
    internal const ushort OverflowMark = 1 << 15;

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

    internal int FreeBytes => CellsStart - SlotsStart - (SlotBytesOf(Level) * Count);

    /// <summary>Bytes of slots, live cells and prefix.</summary>
    internal int UsedBytes => _sizeBytes - PageHeader.SizeBytes - FreeBytes - DeadBytes;

    /// <summary>Copies the page, without reading what is in the gap between slots and cells: it becomes zeros.</summary>
    internal void CopyTo(byte* target)
    {
        int cellsStart = CellsStart;
        int gapStart = cellsStart - FreeBytes;
        Buffer.MemoryCopy(_page, target, gapStart, gapStart);
        new Span<byte>(target + gapStart, cellsStart - gapStart).Clear();
        Buffer.MemoryCopy(_page + cellsStart, target + cellsStart, _sizeBytes - cellsStart, _sizeBytes - cellsStart);
    }

    internal int SlotsStart => PageHeader.SizeBytes + PaddedPrefixBytes(PrefixBytes);

    internal uint* Heads => (uint*)(_page + SlotsStart);

    internal ulong* Children => (ulong*)(_page + SlotsStart + (KeyHead.SizeBytes * Count));

    internal ushort* Offsets => (ushort*)(_page + SlotsStart + ((SlotBytesOf(Level) - sizeof(ushort)) * Count));

    internal byte* PrefixPointer => _page + PageHeader.SizeBytes;

    internal ReadOnlySpan<byte> Prefix => new(PrefixPointer, PrefixBytes);

    internal static int SlotBytesOf(int level) => level == 0 ? LeafSlotBytes : BranchSlotBytes;

    /// <summary>Bytes that the prefix takes: heads lie at multiples of four.</summary>
    internal static int PaddedPrefixBytes(int prefixBytes) => (prefixBytes + KeyHead.SizeBytes - 1) & -KeyHead.SizeBytes;

    /// <summary>Bytes of a cell; 0 if the slot of a branch needs none.</summary>
    internal static int CellBytesOf(int level, int suffixBytes, int payloadBytes) => level == 0
        ? LeafCellBytes + Math.Max(0, suffixBytes - KeyHead.SizeBytes) + payloadBytes
        : suffixBytes <= KeyHead.SizeBytes ? 0 : BranchCellBytes + suffixBytes - KeyHead.SizeBytes;

    /// <summary>Length of the key after the prefix.</summary>
    internal int SuffixBytes(int index)
    {
        int offset = Offsets[index];
        return offset <= KeyHead.SizeBytes ? offset : *(ushort*)(_page + offset);
    }

    /// <summary>The key after prefix and head; only its first bytes if it is shorter than the head.</summary>
    internal byte* RestPointer(int index) => _page + Offsets[index] + (IsLeaf ? LeafCellBytes : BranchCellBytes);

    internal int KeyBytes(int index) => PrefixBytes + SuffixBytes(index);

    internal void CopyKey(int index, Span<byte> destination)
    {
        Prefix.CopyTo(destination);
        CopySuffix(index, destination[PrefixBytes..]);
    }

    /// <summary>Copies the key after the prefix.</summary>
    /// <returns>Its length.</returns>
    internal int CopySuffix(int index, Span<byte> destination)
    {
        int suffixBytes = SuffixBytes(index);
        uint head = Heads[index];
        if (suffixBytes >= KeyHead.SizeBytes)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(destination, head);
            new ReadOnlySpan<byte>(RestPointer(index), suffixBytes - KeyHead.SizeBytes).CopyTo(destination[KeyHead.SizeBytes..]);
            return suffixBytes;
        }

        for (int i = 0; i < suffixBytes; i++)
        {
            destination[i] = KeyHead.Byte(head, i);
        }

        return suffixBytes;
    }

    internal ulong Child(int index) => Unsafe.ReadUnaligned<ulong>(Children + index);

    /// <summary>Length of the value, and <see cref="OverflowFlag"/> if it lies in an overflow run.</summary>
    internal uint ValueHeader(int index)
    {
        byte* cell = _page + Offsets[index];
        int length = *(ushort*)(cell + sizeof(ushort));
        return length < OverflowMark ? (uint)length : OverflowFlag | Unsafe.ReadUnaligned<uint>(cell + LeafCellBytes + RestBytes(*(ushort*)cell));
    }

    /// <summary>Where the value lies, or the reference to its overflow run.</summary>
    internal byte* Payload(int index)
    {
        byte* cell = _page + Offsets[index];
        byte* payload = cell + LeafCellBytes + RestBytes(*(ushort*)cell);
        return *(ushort*)(cell + sizeof(ushort)) < OverflowMark ? payload : payload + sizeof(uint);
    }

    /// <summary>Bytes that a value takes in its cell.</summary>
    internal static int PayloadBytes(uint valueHeader) =>
        (valueHeader & OverflowFlag) != 0 ? sizeof(uint) + OverflowReference.SizeBytes : (int)valueHeader;

    internal int CellBytes(int index) =>
        CellBytesOf(Level, SuffixBytes(index), IsLeaf ? PayloadBytes(ValueHeader(index)) : 0);

    /// <summary>The first slot, from <paramref name="from"/> on, whose key is not below <paramref name="key"/>.</summary>
    internal int LowerBound(ReadOnlySpan<byte> key, int from, out bool found)
    {
        if (!TrySkipPrefix(ref key, out bool isBelow))
        {
            found = false;
            return isBelow ? from : Count;
        }

        uint head = KeyHead.Of(key);
        return SettleTies(key, head, HeadSearch.LowerBound(Heads, from, Count, head), out found);
    }

    /// <summary>
    /// The first half of <see cref="LowerBound"/> in a leaf: the first slot whose head is not below the key's, whose cell it begins to fetch.
    /// </summary>
    /// <returns>The slot for <see cref="SettleGuess"/>; the complement of the result if the key does not share the prefix.</returns>
    internal int GuessAndPrefetch(ReadOnlySpan<byte> key)
    {
        if (!TrySkipPrefix(ref key, out bool isBelow))
        {
            return ~(isBelow ? 0 : Count);
        }

        int index = HeadSearch.LowerBound(Heads, 0, Count, KeyHead.Of(key));
        if (Sse.IsSupported)
        {
            // Behind the last slot this is no offset, but fetching ahead never faults.
            byte* cell = _page + Offsets[index];
            Sse.Prefetch0(cell);
            Sse.Prefetch0(cell + 64);
            Sse.Prefetch0(cell + 128);
        }

        return index;
    }

    /// <summary>The second half: compares whole keys.</summary>
    internal int SettleGuess(ReadOnlySpan<byte> key, int guess, out bool found)
    {
        key = key[PrefixBytes..];
        return SettleTies(key, KeyHead.Of(key), guess, out found);
    }

    /// <summary>The slot of the child that holds a key.</summary>
    internal int ChildIndex(ReadOnlySpan<byte> key)
    {
        int index = LowerBound(key, 1, out bool found);
        return found ? index : index - 1;
    }

    /// <summary>Takes the page's prefix off a key.</summary>
    /// <param name="key">The key; what follows the prefix afterwards.</param>
    /// <param name="isBelow">If the key has another prefix: whether it is below all keys of the page, or else above them.</param>
    internal bool TrySkipPrefix(ref ReadOnlySpan<byte> key, out bool isBelow)
    {
        isBelow = false;
        int prefixBytes = PrefixBytes;
        if (prefixBytes == 0)
        {
            return true;
        }

        if (key.StartsWith(Prefix))
        {
            key = key[prefixBytes..];
            return true;
        }

        isBelow = key.SequenceCompareTo(Prefix) < 0;
        return false;
    }

    /// <summary>Of the slots from <paramref name="index"/> on, which may begin with some whose heads equal the key's, the first that is not below it.</summary>
    internal int SettleTies(ReadOnlySpan<byte> suffix, uint head, int index, out bool found)
    {
        found = false;
        int count = Count;
        uint* heads = Heads;
        if (index >= count || heads[index] != head)
        {
            return index;
        }

        int order = CompareRest(index, suffix);
        if (order >= 0)
        {
            found = order == 0;
            return index;
        }

        int low = index + 1;
        int high = low < count && heads[low] == head ? low + 1 + HeadSearch.CountEqual(heads + low + 1, count - low - 1, head) : low;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            order = CompareRest(middle, suffix);
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

    /// <summary>What makes this page unsafe or senseless to read, or null. Called once per page, before anything else reads it.</summary>
    internal string? FindFault()
    {
        int level = Level;
        if (PageHeader.Kind(_page) != PageHeader.NodeKind(level) || level >= StoreLimits.DepthMaximum)
        {
            return "it is not a tree page";
        }

        // The bound on the prefix also keeps a vector that begins at a head inside the page.
        if (PrefixBytes > StoreLimits.KeyBytesMaximum(_sizeBytes))
        {
            return "its common prefix is longer than a key can be";
        }

        int slotsEnd = SlotsStart + (SlotBytesOf(level) * Count);
        if (slotsEnd > CellsStart || CellsStart > _sizeBytes || (level > 0 && Count == 0))
        {
            return "its slots and cells overlap";
        }

        for (int i = 0; i < Count; i++)
        {
            if (FindSlotFault(i, level) is { } fault)
            {
                return fault;
            }
        }

        return null;
    }

    private static int RestBytes(int suffixBytes) => Math.Max(0, suffixBytes - KeyHead.SizeBytes);

    private string? FindSlotFault(int index, int level)
    {
        int offset = Offsets[index];
        int headerBytes = level == 0 ? LeafCellBytes : BranchCellBytes;
        if (level > 0 && offset <= KeyHead.SizeBytes)
        {
            return null;
        }

        if (offset < CellsStart || offset + headerBytes > _sizeBytes)
        {
            return "a slot points outside the cells";
        }

        int suffixBytes = *(ushort*)(_page + offset);
        int end = offset + headerBytes + RestBytes(suffixBytes);
        if (PrefixBytes + suffixBytes > StoreLimits.KeyBytesMaximum(_sizeBytes))
        {
            return "a key is longer than a key can be";
        }

        if (level == 0)
        {
            int valueMark = *(ushort*)(_page + offset + sizeof(ushort));
            end += valueMark < OverflowMark ? valueMark : sizeof(uint) + OverflowReference.SizeBytes;
        }
        else if (suffixBytes <= KeyHead.SizeBytes)
        {
            return "a branch has a cell for a short key";
        }

        if (end > _sizeBytes)
        {
            return "a cell reaches beyond the page";
        }

        return level == 0 && *(ushort*)(_page + offset + sizeof(ushort)) >= OverflowMark && ValueHeader(index) > (OverflowFlag | StoreLimits.ValueBytesMaximum)
            ? "a value is longer than a value can be"
            : null;
    }

    /// <summary>Compares the key of a slot with one that has the same prefix and head.</summary>
    private int CompareRest(int index, ReadOnlySpan<byte> suffix)
    {
        int suffixBytes = SuffixBytes(index);
        if (suffixBytes > KeyHead.SizeBytes && suffix.Length > KeyHead.SizeBytes)
        {
            return new ReadOnlySpan<byte>(RestPointer(index), suffixBytes - KeyHead.SizeBytes).SequenceCompareTo(suffix[KeyHead.SizeBytes..]);
        }

        // One of the two ends within the head, and the other has only zeros there: it is the longer one that is above.
        return suffixBytes - suffix.Length;
    }
}
