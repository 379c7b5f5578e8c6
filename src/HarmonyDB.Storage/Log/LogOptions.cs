namespace HarmonyDB.Storage.Log;

/// <summary>Settings of a <see cref="SegmentedLog"/>.</summary>
public sealed record LogOptions
{
    private const int SegmentBytesMinimum = 2 * SegmentHeader.Bytes;
    private const int BytesMaximum = 1 << 30;

    /// <summary>Identity of the owner, part of every checksum: files of another member are refused rather than read. Any value; the same at every opening.</summary>
    public required UInt128 OwnerId { get; init; }

    /// <summary>Size a segment file is allocated with, in bytes (8 KiB to 1 GiB, 64 MiB by default). A batch that is larger gets a segment of its own size.</summary>
    public int SegmentBytes { get; init; } = 64 << 20;

    /// <summary>Largest payload of an entry, in bytes (1 to 1 GiB, 32 MiB by default). Larger ones are refused, and no file can ask for a larger buffer.</summary>
    public int MaximumEntryBytes { get; init; } = 32 << 20;

    /// <summary>Told after each segment while the log is opened: how many bytes are verified, and of how many. Null for nobody.</summary>
    public Action<long, long>? Progress { get; init; }

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(SegmentBytes, SegmentBytesMinimum);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(SegmentBytes, BytesMaximum);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaximumEntryBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaximumEntryBytes, BytesMaximum);
    }
}
