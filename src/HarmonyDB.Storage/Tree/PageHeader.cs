namespace HarmonyDB.Storage.Tree;

/// <summary>What a page holds; the byte at <see cref="PageHeader.TypeOffset"/>.</summary>
internal enum PageType : byte
{
    Branch = 1,
    Leaf = 2,
    Overflow = 3,
    SpaceMap = 4,
}

/// <summary>The 32 bytes at the start of every page but the meta pages; see docs/format.md.</summary>
internal static unsafe class PageHeader
{
    internal const int SizeBytes = 32;

    /// <summary>The first page that is not a meta page.</summary>
    internal const ulong FirstPageId = 2;

    internal const int ChecksumOffset = 0;
    internal const int TypeOffset = 4;
    internal const int LevelOffset = 5;
    internal const int CountOffset = 6;
    internal const int PageIdOffset = 8;
    internal const int TxIdOffset = 16;

    // Nodes.
    internal const int PrefixBytesOffset = 24;
    internal const int DeadBytesOffset = 26;
    internal const int CellsStartOffset = 28;

    // Overflow runs: the value's length. Pages of the space map: their place in their level.
    internal const int TailOffset = 24;

    internal static uint Checksum(byte* page) => *(uint*)(page + ChecksumOffset);

    internal static ulong Id(byte* page) => *(ulong*)(page + PageIdOffset);

    internal static ulong Transaction(byte* page) => *(ulong*)(page + TxIdOffset);

    internal static ulong Tail(byte* page) => *(ulong*)(page + TailOffset);

    internal static int Count(byte* page) => *(ushort*)(page + CountOffset);

    /// <summary>Type and level as one number, so that following a pointer needs one comparison.</summary>
    internal static ushort Kind(byte* page) => *(ushort*)(page + TypeOffset);

    internal static ushort NodeKind(int level) => (ushort)((level == 0 ? (int)PageType.Leaf : (int)PageType.Branch) | (level << 8));

    internal static void Write(byte* page, PageType type, int level, ulong pageId, ulong txId)
    {
        page[TypeOffset] = (byte)type;
        page[LevelOffset] = (byte)level;
        *(ulong*)(page + PageIdOffset) = pageId;
        *(ulong*)(page + TxIdOffset) = txId;
    }

    /// <summary>Checksum over everything after the checksum itself; page id and transaction id lie in that range (W19).</summary>
    internal static uint ComputeChecksum(byte* page, int coveredBytes) =>
        Crc32C.Compute(new ReadOnlySpan<byte>(page + TypeOffset, coveredBytes - TypeOffset));

    internal static void Seal(byte* page, int coveredBytes) => *(uint*)(page + ChecksumOffset) = ComputeChecksum(page, coveredBytes);
}
