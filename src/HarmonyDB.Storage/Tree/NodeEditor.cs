using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace HarmonyDB.Storage.Tree;

/// <summary>Changes a branch or leaf page in place. The page is a private copy of its transaction, never one that a reader can see.</summary>
internal readonly unsafe struct NodeEditor
{
    private readonly byte* _page;
    private readonly int _sizeBytes;

    internal NodeEditor(byte* page, int sizeBytes)
    {
        _page = page;
        _sizeBytes = sizeBytes;
    }

    internal NodePage Node => new(_page, _sizeBytes);

    private ushort Count
    {
        set => *(ushort*)(_page + PageHeader.CountOffset) = value;
    }

    private int CellsStart
    {
        set => *(int*)(_page + PageHeader.CellsStartOffset) = value;
    }

    internal static int CellBytes(int level, int suffixBytes, int payloadBytes) =>
        (level == 0 ? NodePage.LeafCellBytes : NodePage.BranchCellBytes) + suffixBytes + payloadBytes;

    /// <summary>Writes a cell without its key suffix.</summary>
    /// <returns>Where the suffix goes.</returns>
    internal static byte* WriteCell(byte* cell, int level, int suffixBytes, ulong fixedPart, byte* payload, int payloadBytes)
    {
        *(ushort*)cell = (ushort)suffixBytes;
        byte* suffix;
        if (level == 0)
        {
            Unsafe.WriteUnaligned(cell + sizeof(ushort), (uint)fixedPart);
            suffix = cell + NodePage.LeafCellBytes;
        }
        else
        {
            Unsafe.WriteUnaligned(cell + sizeof(ushort), fixedPart);
            suffix = cell + NodePage.BranchCellBytes;
        }

        Buffer.MemoryCopy(payload, suffix + suffixBytes, payloadBytes, payloadBytes);
        return suffix;
    }

    internal void Initialize(int level, ulong pageId, ulong txId)
    {
        new Span<byte>(_page, _sizeBytes).Clear();
        PageHeader.Write(_page, level == 0 ? PageType.Leaf : PageType.Branch, level, pageId, txId);
        CellsStart = _sizeBytes;
    }

    internal void SetChild(int index, ulong child) => Unsafe.WriteUnaligned(Node.Cell(index) + sizeof(ushort), child);

    /// <summary>Inserts an entry if it shares the page's prefix and the page has room, compacting it if that is what it takes.</summary>
    /// <param name="index">The slot the entry gets.</param>
    /// <param name="key">The whole key; empty for slot 0 of a branch.</param>
    /// <param name="fixedPart">The value header, or the child.</param>
    /// <param name="payload">The value or the reference to it; empty in a branch.</param>
    /// <param name="scratch">A page of working memory.</param>
    internal bool TryInsert(int index, ReadOnlySpan<byte> key, ulong fixedPart, ReadOnlySpan<byte> payload, byte* scratch)
    {
        NodePage node = Node;
        bool keyless = node.Level > 0 && index == 0;
        if (!keyless && !key.StartsWith(node.Prefix))
        {
            return false;
        }

        ReadOnlySpan<byte> suffix = keyless ? default : key[node.PrefixBytes..];
        int cellBytes = CellBytes(node.Level, suffix.Length, payload.Length);
        int neededBytes = cellBytes + NodePage.SlotBytes;
        if (node.FreeBytes < neededBytes)
        {
            if (node.FreeBytes + node.DeadBytes < neededBytes)
            {
                return false;
            }

            Compact(scratch);
        }

        int offset = node.CellsStart - cellBytes;
        fixed (byte* payloadPointer = payload)
        {
            byte* target = WriteCell(_page + offset, node.Level, suffix.Length, fixedPart, payloadPointer, payload.Length);
            suffix.CopyTo(new Span<byte>(target, suffix.Length));
        }

        CellsStart = offset;
        InsertSlot(index, KeyHead.Of(suffix), (ushort)offset);
        return true;
    }

    /// <summary>Overwrites a value whose header and length stay the same.</summary>
    internal bool TryOverwrite(int index, uint valueHeader, ReadOnlySpan<byte> payload)
    {
        NodePage node = Node;
        if (node.ValueHeader(index) != valueHeader)
        {
            return false;
        }

        payload.CopyTo(new Span<byte>(node.Payload(index), payload.Length));
        return true;
    }

    internal void Remove(int index)
    {
        NodePage node = Node;
        int count = node.Count;
        Debug.Assert(index < count, "Removing a slot that is not there.");
        AddDeadBytes(node.CellBytes(index));
        uint* heads = node.Heads;
        ushort* oldOffsets = node.Offsets;
        ushort* newOffsets = (ushort*)(heads + count - 1);
        Move(heads + index + 1, heads + index, (count - index - 1) * sizeof(uint));
        Move(oldOffsets, newOffsets, index * sizeof(ushort));
        Move(oldOffsets + index + 1, newOffsets + index, (count - index - 1) * sizeof(ushort));
        Count = (ushort)(count - 1);
        if (node.Level > 0 && index == 0 && count > 1)
        {
            DropFirstKey();
        }
    }

    /// <summary>The new slot 0 of a branch stands for everything below slot 1.</summary>
    private void DropFirstKey()
    {
        NodePage node = Node;
        byte* cell = node.Cell(0);
        AddDeadBytes(*(ushort*)cell);
        *(ushort*)cell = 0;
        node.Heads[0] = 0;
    }

    private void InsertSlot(int index, uint head, ushort offset)
    {
        NodePage node = Node;
        int count = node.Count;
        uint* heads = node.Heads;
        ushort* oldOffsets = node.Offsets;
        ushort* newOffsets = (ushort*)(heads + count + 1);

        // From the far end inwards: each part moves over bytes that were moved before it.
        Move(oldOffsets + index, newOffsets + index + 1, (count - index) * sizeof(ushort));
        Move(oldOffsets, newOffsets, index * sizeof(ushort));
        Move(heads + index, heads + index + 1, (count - index) * sizeof(uint));
        heads[index] = head;
        newOffsets[index] = offset;
        Count = (ushort)(count + 1);
    }

    /// <summary>Closes the gaps that removed cells left. Slots and prefix stay.</summary>
    private void Compact(byte* scratch)
    {
        Buffer.MemoryCopy(_page, scratch, _sizeBytes, _sizeBytes);
        var before = new NodePage(scratch, _sizeBytes);
        ushort* offsets = Node.Offsets;
        int cells = _sizeBytes - before.PrefixBytes;
        for (int i = 0; i < before.Count; i++)
        {
            int bytes = before.CellBytes(i);
            cells -= bytes;
            Buffer.MemoryCopy(before.Cell(i), _page + cells, bytes, bytes);
            offsets[i] = (ushort)cells;
        }

        CellsStart = cells;
        *(ushort*)(_page + PageHeader.DeadBytesOffset) = 0;
    }

    private void AddDeadBytes(int bytes) => *(ushort*)(_page + PageHeader.DeadBytesOffset) += (ushort)bytes;

    private static void Move(void* source, void* target, int bytes) => Buffer.MemoryCopy(source, target, bytes, bytes);
}
