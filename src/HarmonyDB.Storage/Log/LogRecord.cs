using System.Buffers.Binary;

namespace HarmonyDB.Storage.Log;

/// <summary>What a record is. The numbers are part of the format.</summary>
internal enum RecordType : byte
{
    /// <summary>Begins each batch and names the position that was flushed when it was written.</summary>
    Mark = 1,

    /// <summary>A <see cref="LogHardState"/>.</summary>
    HardState = 2,

    /// <summary>Cuts the entries after an index.</summary>
    TruncateSuffix = 3,

    /// <summary>A <see cref="LogEntry"/>.</summary>
    Entry = 4,
}

/// <summary>
/// A record as it lies in a segment (docs/format.md, "The log"). Its checksum is seeded by owner, segment and offset, so a record is valid
/// only where it was written; it covers the checksum of the record before it, so a record belongs to one history only.
/// </summary>
internal readonly ref struct LogRecord
{
    public const int HeadBytes = 16;
    public const int MarkBodyBytes = 24;
    public const int HardStateBodyBytes = 24;
    public const int TruncateBodyBytes = 16;
    public const int EntryBodyBytes = 16;
    public const int AlignmentBytes = 8;

    private const int LengthOffset = 0;
    private const int ChecksumOffset = 4;
    private const int PreviousOffset = 8;
    private const int TypeOffset = 12;
    private const int KindOffset = 13;
    private const int ReservedOffset = 14;

    private readonly ReadOnlySpan<byte> _bytes;

    private LogRecord(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes;
    }

    public int Bytes => _bytes.Length;

    public RecordType Type => (RecordType)_bytes[TypeOffset];

    public byte Kind => _bytes[KindOffset];

    public uint Checksum => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[ChecksumOffset..]);

    public uint Previous => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[PreviousOffset..]);

    public ReadOnlySpan<byte> Body => _bytes.Slice(HeadBytes, (int)BinaryPrimitives.ReadUInt32LittleEndian(_bytes[LengthOffset..]));

    public LogPosition DurablePosition => new(Number(1), (long)Number(2));

    public LogHardState HardState => new(Number(0), Number(1), Number(2));

    public ulong Index => Number(0);

    public ulong Term => Number(1);

    public ReadOnlySpan<byte> Payload => Body[EntryBodyBytes..];

    /// <summary>Space a record takes, padding included.</summary>
    public static long SizeOf(long bodyBytes)
    {
        return HeadBytes + ((bodyBytes + AlignmentBytes - 1) & -AlignmentBytes);
    }

    /// <summary>The size that a record head claims, or 0 when it cannot be the head of a record no larger than allowed (W11: before anything is allocated for it).</summary>
    public static int ClaimedSize(ReadOnlySpan<byte> head, long maximumBodyBytes)
    {
        var bodyBytes = BinaryPrimitives.ReadUInt32LittleEndian(head[LengthOffset..]);
        var isPlausible = (RecordType)head[TypeOffset] switch
        {
            RecordType.Mark => bodyBytes == MarkBodyBytes,
            RecordType.HardState => bodyBytes == HardStateBodyBytes,
            RecordType.TruncateSuffix => bodyBytes == TruncateBodyBytes,
            RecordType.Entry => bodyBytes >= EntryBodyBytes && bodyBytes <= maximumBodyBytes,
            _ => false,
        };
        return isPlausible ? (int)SizeOf(bodyBytes) : 0;
    }

    /// <summary>Checks the bytes of a whole record, of the size it claims, against its checksum.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, uint seed, long offset, out LogRecord record)
    {
        record = new LogRecord(bytes);
        return record.Checksum == ComputeChecksum(bytes, seed, offset);
    }

    /// <summary>Writes the head of a record whose body is already in place.</summary>
    /// <returns>The record's checksum.</returns>
    public static uint Complete(Span<byte> bytes, int bodyBytes, RecordType type, byte kind, uint previous, uint seed, long offset)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[LengthOffset..], (uint)bodyBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[PreviousOffset..], previous);
        bytes[TypeOffset] = (byte)type;
        bytes[KindOffset] = kind;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[ReservedOffset..], 0);
        bytes[(HeadBytes + bodyBytes)..].Clear();
        var checksum = ComputeChecksum(bytes, seed, offset);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[ChecksumOffset..], checksum);
        return checksum;
    }

    private static uint ComputeChecksum(ReadOnlySpan<byte> bytes, uint seed, long offset)
    {
        var checksum = Crc32C.Compute(bytes[..ChecksumOffset], Crc32C.Continue(seed, (ulong)offset));
        return Crc32C.Compute(bytes[PreviousOffset..], checksum);
    }

    private ulong Number(int ordinal)
    {
        return BinaryPrimitives.ReadUInt64LittleEndian(_bytes[(HeadBytes + (ordinal * sizeof(ulong)))..]);
    }
}
