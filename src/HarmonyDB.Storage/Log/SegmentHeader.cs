using System.Buffers.Binary;
using System.Globalization;

namespace HarmonyDB.Storage.Log;

/// <summary>
/// The first block of a segment file. It is complete and flushed before the file gets its name, so a file with a segment's name and a
/// header that does not check is damage, never an interrupted creation (W10).
/// </summary>
internal sealed record SegmentHeader
{
    /// <summary>Size of the header; records begin here, on a sector of their own whatever the device's sector is.</summary>
    public const int Bytes = 4096;

    public const uint FormatVersion = 1;
    public const string Suffix = ".log";
    public const string UnfinishedSuffix = ".log.new";

    private const ulong Magic = 0x31474F4C2D424448; // "HDB-LOG1", little endian
    private const int ChecksumOffset = Bytes - sizeof(uint);
    private const uint ResetFlag = 1;
    private const int NumberDigits = 16;

    public required UInt128 OwnerId { get; init; }

    /// <summary>Number of the segment; each new one has the next.</summary>
    public required ulong Sequence { get; init; }

    /// <summary>Index that the next entry had when the segment was created.</summary>
    public required ulong FirstIndex { get; init; }

    /// <summary>Term of the entry before that, 0 when there is none.</summary>
    public required ulong PreviousTerm { get; init; }

    /// <summary>The hard state when the segment was created, so that earlier segments can go without taking a vote along.</summary>
    public required LogHardState HardState { get; init; }

    /// <summary>Where the segment before ends, all of it flushed; zero when there is none that counts.</summary>
    public required LogPosition PreviousEnd { get; init; }

    /// <summary>Checksum of the last record of the segment before.</summary>
    public required uint PreviousChecksum { get; init; }

    /// <summary>Whether this segment begins a new log: all earlier ones are void.</summary>
    public required bool IsReset { get; init; }

    /// <summary>Length the file was allocated with.</summary>
    public required long LengthBytes { get; init; }

    /// <summary>No record in this segment has a longer body.</summary>
    public required uint MaximumBodyBytes { get; init; }

    /// <summary>The seed of all checksums of records in this segment.</summary>
    public uint Seed
    {
        get
        {
            Span<byte> identity = stackalloc byte[24];
            BinaryPrimitives.WriteUInt128LittleEndian(identity, OwnerId);
            BinaryPrimitives.WriteUInt64LittleEndian(identity[16..], Sequence);
            return Crc32C.Compute(identity);
        }
    }

    public string FileName => $"{Sequence:x16}-{FirstIndex:x16}{Suffix}";

    /// <summary>Reads sequence and first index from a file name; false for any file that is not ours (W12).</summary>
    public static bool TryParseFileName(string name, string suffix, out ulong sequence, out ulong firstIndex)
    {
        sequence = 0;
        firstIndex = 0;
        return name.Length == NumberDigits + 1 + NumberDigits + suffix.Length
            && name[NumberDigits] == '-'
            && name.EndsWith(suffix, StringComparison.Ordinal)
            && ulong.TryParse(name.AsSpan(0, NumberDigits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out sequence)
            && ulong.TryParse(name.AsSpan(NumberDigits + 1, NumberDigits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out firstIndex);
    }

    /// <summary>Writes the header into a block.</summary>
    /// <returns>Its checksum, which the first record names as the one before it.</returns>
    public uint WriteTo(Span<byte> block)
    {
        block[..Bytes].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(block, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(block[8..], FormatVersion);
        BinaryPrimitives.WriteUInt32LittleEndian(block[12..], IsReset ? ResetFlag : 0);
        BinaryPrimitives.WriteUInt128LittleEndian(block[16..], OwnerId);
        BinaryPrimitives.WriteUInt64LittleEndian(block[32..], Sequence);
        BinaryPrimitives.WriteUInt64LittleEndian(block[40..], FirstIndex);
        BinaryPrimitives.WriteUInt64LittleEndian(block[48..], PreviousTerm);
        BinaryPrimitives.WriteUInt64LittleEndian(block[56..], HardState.Term);
        BinaryPrimitives.WriteUInt64LittleEndian(block[64..], HardState.Vote);
        BinaryPrimitives.WriteUInt64LittleEndian(block[72..], HardState.Commit);
        BinaryPrimitives.WriteUInt64LittleEndian(block[80..], PreviousEnd.Segment);
        BinaryPrimitives.WriteInt64LittleEndian(block[88..], PreviousEnd.Offset);
        BinaryPrimitives.WriteUInt32LittleEndian(block[96..], PreviousChecksum);
        BinaryPrimitives.WriteUInt32LittleEndian(block[100..], MaximumBodyBytes);
        BinaryPrimitives.WriteInt64LittleEndian(block[104..], LengthBytes);
        var checksum = Crc32C.Compute(block[..ChecksumOffset]);
        BinaryPrimitives.WriteUInt32LittleEndian(block[ChecksumOffset..], checksum);
        return checksum;
    }

    /// <summary>Reads and checks a header.</summary>
    /// <returns>The header and its checksum, or what is wrong with it.</returns>
    public static (SegmentHeader? Header, uint Checksum, string? Finding) Parse(ReadOnlySpan<byte> block)
    {
        if (block.Length < Bytes)
        {
            return (null, 0, "the file is shorter than its header");
        }

        var version = BinaryPrimitives.ReadUInt32LittleEndian(block[8..]);
        if (BinaryPrimitives.ReadUInt64LittleEndian(block) == Magic && version != FormatVersion)
        {
            return (null, 0, $"its format version is {version}, and this program reads version {FormatVersion}");
        }

        var checksum = BinaryPrimitives.ReadUInt32LittleEndian(block[ChecksumOffset..]);
        if (BinaryPrimitives.ReadUInt64LittleEndian(block) != Magic || checksum != Crc32C.Compute(block[..ChecksumOffset]))
        {
            return (null, 0, "the header does not match its checksum");
        }

        var header = new SegmentHeader
        {
            IsReset = (BinaryPrimitives.ReadUInt32LittleEndian(block[12..]) & ResetFlag) != 0,
            OwnerId = BinaryPrimitives.ReadUInt128LittleEndian(block[16..]),
            Sequence = BinaryPrimitives.ReadUInt64LittleEndian(block[32..]),
            FirstIndex = BinaryPrimitives.ReadUInt64LittleEndian(block[40..]),
            PreviousTerm = BinaryPrimitives.ReadUInt64LittleEndian(block[48..]),
            HardState = new LogHardState(
                BinaryPrimitives.ReadUInt64LittleEndian(block[56..]),
                BinaryPrimitives.ReadUInt64LittleEndian(block[64..]),
                BinaryPrimitives.ReadUInt64LittleEndian(block[72..])),
            PreviousEnd = new LogPosition(BinaryPrimitives.ReadUInt64LittleEndian(block[80..]), BinaryPrimitives.ReadInt64LittleEndian(block[88..])),
            PreviousChecksum = BinaryPrimitives.ReadUInt32LittleEndian(block[96..]),
            MaximumBodyBytes = BinaryPrimitives.ReadUInt32LittleEndian(block[100..]),
            LengthBytes = BinaryPrimitives.ReadInt64LittleEndian(block[104..]),
        };
        return (header, checksum, null);
    }
}
