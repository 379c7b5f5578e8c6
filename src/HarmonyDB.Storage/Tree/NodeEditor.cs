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

    /// <summary>Writes a cell without the rest of its key.</summary>
    /// <param name="cell">Where the cell begins.</param>
    /// <param name="level">Level of the node.</param>
    /// <param name="suffixBytes">Length of the key after the prefix.</param>
    /// <param name="fixedPart">The value header of a leaf entry.</param>
    /// <param name="payload">The value, or the length and the reference of an overflow run.</param>
    /// <param name="payloadBytes">Its length.</param>
    /// <returns>Where the rest of the key goes.</returns>
    internal static byte* WriteCell(byte* cell, int level, int suffixBytes, ulong fixedPart, byte* payload, int payloadBytes)
    {
        *(ushort*)cell = (ushort)suffixBytes;
        if (level > 0)
        {
            return cell + NodePage.BranchCellBytes;
        }

        *(ushort*)(cell + sizeof(ushort)) = (fixedPart & NodePage.OverflowFlag) == 0 ? (ushort)fixedPart : NodePage.OverflowMark;
        byte* rest = cell + NodePage.LeafCellBytes;
        Unsafe.CopyBlockUnaligned(rest + Math.Max(0, suffixBytes - KeyHead.SizeBytes), payload, (uint)payloadBytes);
        return rest;
    }

    internal void Initialize(int level, ulong pageId, ulong txId)
    {
        new Span<byte>(_page, _sizeBytes).Clear();
        PageHeader.Write(_page, level == 0 ? PageType.Leaf : PageType.Branch, level, pageId, txId);
        CellsStart = _sizeBytes;
    }

    internal void SetChild(int index, ulong child) => Unsafe.WriteUnaligned(Node.Children + index, child);

    /// <summary>Inserts an entry if it shares the page's prefix and the page has room, compacting it if that is what it takes.</summary>
    /// <param name="index">The slot the entry gets.</param>
    /// <param name="key">The whole key; empty for slot 0 of a branch.</param>
    /// <param name="fixedPart">The value header, or the child.</param>
    /// <param name="payload">The value, or the length and the reference of an overflow run; empty in a branch.</param>
    /// <param name="scratch">A page of working memory.</param>
    internal bool TryInsert(int index, ReadOnlySpan<byte> key, ulong fixedPart, ReadOnlySpan<byte> payload, byte* scratch)
    {
        NodePage node = Node;
        int level = node.Level;
        bool keyless = level > 0 && index == 0;
        if (!keyless && !key.StartsWith(node.Prefix))
        {
            return false;
        }

        ReadOnlySpan<byte> suffix = keyless ? default : key[node.PrefixBytes..];
        int cellBytes = NodePage.CellBytesOf(level, suffix.Length, payload.Length);
        int neededBytes = cellBytes + NodePage.SlotBytesOf(level);
        if (node.FreeBytes < neededBytes)
        {
            if (node.FreeBytes + node.DeadBytes < neededBytes)
            {
                return false;
            }

            Compact(scratch);
        }

        int offset = suffix.Length;
        if (cellBytes > 0)
        {
            offset = node.CellsStart - cellBytes;
            fixed (byte* payloadPointer = payload)
            {
                byte* rest = WriteCell(_page + offset, level, suffix.Length, fixedPart, payloadPointer, payload.Length);
                if (suffix.Length > KeyHead.SizeBytes)
                {
                    suffix[KeyHead.SizeBytes..].CopyTo(new Span<byte>(rest, suffix.Length - KeyHead.SizeBytes));
                }
            }

            CellsStart = offset;
        }

        InsertSlot(index, KeyHead.Of(suffix), fixedPart, (ushort)offset);
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

        byte* target = (valueHeader & NodePage.OverflowFlag) == 0 ? node.Payload(index) : node.Payload(index) - sizeof(uint);
        payload.CopyTo(new Span<byte>(target, payload.Length));
        return true;
    }

    /// <summary>Whether removing a slot of a branch and inserting it again under another key works.</summary>
    internal bool CanReplaceKey(int index, ReadOnlySpan<byte> key)
    {
        NodePage node = Node;
        return key.StartsWith(node.Prefix)
            && node.FreeBytes + node.DeadBytes + node.CellBytes(index) >= NodePage.CellBytesOf(node.Level, key.Length - node.PrefixBytes, 0);
    }

    internal void Remove(int index)
    {
        NodePage node = Node;
        int count = node.Count;
        Debug.Assert(index < count, "Removing a slot that is not there.");
        AddDeadBytes(node.CellBytes(index));
        int level = node.Level;
        byte* heads = (byte*)node.Heads;
        byte* children = (byte*)node.Children;
        byte* offsets = (byte*)node.Offsets;
        byte* target = heads + (index * KeyHead.SizeBytes);
        target = Append(target, heads + ((index + 1) * KeyHead.SizeBytes), (count - index - 1) * KeyHead.SizeBytes);
        if (level > 0)
        {
            target = Append(target, children, index * sizeof(ulong));
            target = Append(target, children + ((index + 1) * sizeof(ulong)), (count - index - 1) * sizeof(ulong));
        }

        target = Append(target, offsets, index * sizeof(ushort));
        Append(target, offsets + ((index + 1) * sizeof(ushort)), (count - index - 1) * sizeof(ushort));
        Count = (ushort)(count - 1);
        if (level > 0 && index == 0 && count > 1)
        {
            DropFirstKey();
        }
    }

    /// <summary>The new slot 0 of a branch stands for everything below slot 1.</summary>
    private void DropFirstKey()
    {
        NodePage node = Node;
        AddDeadBytes(node.CellBytes(0));
        node.Heads[0] = 0;
        node.Offsets[0] = 0;
    }

    private void InsertSlot(int index, uint head, ulong child, ushort offset)
    {
        NodePage node = Node;
        int count = node.Count;
        bool isLeaf = node.IsLeaf;
        byte* heads = (byte*)node.Heads;
        byte* children = (byte*)node.Children;
        byte* offsets = (byte*)node.Offsets;

        // From the far end inwards: each part moves over bytes that were moved before it.
        int shift = NodePage.SlotBytesOf(node.Level);
        int at = index * sizeof(ushort);
        Move(offsets + at, offsets + at + shift, (count - index) * sizeof(ushort));
        shift -= sizeof(ushort);
        Move(offsets, offsets + shift, at);
        *(ushort*)(offsets + shift + at) = offset;
        if (!isLeaf)
        {
            at = index * sizeof(ulong);
            Move(children + at, children + at + shift, (count - index) * sizeof(ulong));
            shift -= sizeof(ulong);
            Move(children, children + shift, at);
            Unsafe.WriteUnaligned(children + shift + at, child);
        }

        at = index * KeyHead.SizeBytes;
        Move(heads + at, heads + at + shift, (count - index) * KeyHead.SizeBytes);
        *(uint*)(heads + at) = head;
        Count = (ushort)(count + 1);
    }

    /// <summary>Closes the gaps that removed cells left. Slots and prefix stay.</summary>
    private void Compact(byte* scratch)
    {
        Unsafe.CopyBlockUnaligned(scratch, _page, (uint)_sizeBytes);
        var before = new NodePage(scratch, _sizeBytes);
        ushort* offsets = Node.Offsets;
        int cells = _sizeBytes;
        for (int i = 0; i < before.Count; i++)
        {
            int bytes = before.CellBytes(i);
            if (bytes > 0)
            {
                cells -= bytes;
                Unsafe.CopyBlockUnaligned(_page + cells, scratch + before.Offsets[i], (uint)bytes);
                offsets[i] = (ushort)cells;
            }
        }

        CellsStart = cells;
        *(ushort*)(_page + PageHeader.DeadBytesOffset) = 0;
    }

    private void AddDeadBytes(int bytes) => *(ushort*)(_page + PageHeader.DeadBytesOffset) += (ushort)bytes;

    private static byte* Append(byte* target, byte* source, int bytes)
    {
        Move(source, target, bytes);
        return target + bytes;
    }

    private static void Move(void* source, void* target, int bytes) => Buffer.MemoryCopy(source, target, bytes, bytes);
}
