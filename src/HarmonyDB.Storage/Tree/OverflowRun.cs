using System.Buffers;

namespace HarmonyDB.Storage.Tree;

/// <summary>
/// A large value in consecutive pages: one header, then a CRC32C for each 64 KiB of the value, then the value without interruption, so that
/// it can be read as one span of the mapping.
/// </summary>
internal static unsafe class OverflowRun
{
    internal const int ChunkBytes = 65536;

    internal static int ChunkCount(int valueBytes) => (int)(((long)valueBytes + ChunkBytes - 1) / ChunkBytes);

    /// <summary>Offset of the value in the run; a multiple of 8.</summary>
    internal static int ValueOffset(int valueBytes) => (PageHeader.SizeBytes + (sizeof(uint) * ChunkCount(valueBytes)) + 7) & ~7;

    internal static int PageCount(int valueBytes, int pageSizeBytes) =>
        (int)((ValueOffset(valueBytes) + (long)valueBytes + pageSizeBytes - 1) / pageSizeBytes);

    /// <summary>Writes a value into pages that were allocated for it and that nobody reads yet.</summary>
    internal static void Write(StoreFile file, ulong firstPageId, ulong txId, ReadOnlySpan<byte> value)
    {
        int headerBytes = ValueOffset(value.Length);
        long offset = (long)firstPageId * file.PageSizeBytes;
        byte[] header = ArrayPool<byte>.Shared.Rent(headerBytes);
        WriteHeader(header.AsSpan(0, headerBytes), firstPageId, txId, value);
        file.Write(offset, header.AsSpan(0, headerBytes));
        file.Write(offset + headerBytes, value);
        ArrayPool<byte>.Shared.Return(header);
    }

    /// <summary>Writes what comes before the value in a run.</summary>
    /// <param name="header">As long as <see cref="ValueOffset"/> says.</param>
    /// <param name="firstPageId">The run's first page.</param>
    /// <param name="txId">The transaction that writes it.</param>
    /// <param name="value">The value.</param>
    internal static void WriteHeader(Span<byte> header, ulong firstPageId, ulong txId, ReadOnlySpan<byte> value)
    {
        header.Clear();
        fixed (byte* page = header)
        {
            PageHeader.Write(page, PageType.Overflow, 0, firstPageId, txId);
            *(ulong*)(page + PageHeader.TailOffset) = (ulong)value.Length;
            uint* checksums = (uint*)(page + PageHeader.SizeBytes);
            for (int i = 0; i < ChunkCount(value.Length); i++)
            {
                checksums[i] = Crc32C.Compute(Chunk(value, i));
            }

            PageHeader.Seal(page, header.Length);
        }
    }

    /// <summary>What is wrong with a run, or null. The whole value is verified.</summary>
    internal static string? FindFault(byte* run, OverflowReference reference, int valueBytes)
    {
        if (PageHeader.Kind(run) != (ushort)PageType.Overflow || PageHeader.Id(run) != reference.FirstPageId)
        {
            return "it is not the overflow run that a leaf points to";
        }

        if (PageHeader.Transaction(run) != reference.Transaction || PageHeader.Tail(run) != (ulong)valueBytes)
        {
            return "the overflow run is not the version that a leaf points to";
        }

        if (PageHeader.ComputeChecksum(run, ValueOffset(valueBytes)) != PageHeader.Checksum(run))
        {
            return "the checksum of the overflow run's header does not match";
        }

        var value = new ReadOnlySpan<byte>(run + ValueOffset(valueBytes), valueBytes);
        uint* checksums = (uint*)(run + PageHeader.SizeBytes);
        for (int i = 0; i < ChunkCount(valueBytes); i++)
        {
            if (checksums[i] != Crc32C.Compute(Chunk(value, i)))
            {
                return $"the checksum of the value's chunk {i} does not match";
            }
        }

        return null;
    }

    private static ReadOnlySpan<byte> Chunk(ReadOnlySpan<byte> value, int index)
    {
        ReadOnlySpan<byte> rest = value[(index * ChunkBytes)..];
        return rest[..Math.Min(ChunkBytes, rest.Length)];
    }
}
