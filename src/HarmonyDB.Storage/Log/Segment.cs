using HarmonyDB.Storage.Files;

namespace HarmonyDB.Storage.Log;

/// <summary>An open segment file, and where in it the entries lie that are still part of the log.</summary>
internal sealed class Segment : IDisposable
{
    // Eight bytes an entry: offset in the upper half, record size in the lower. A segment is far smaller than 4 GiB.
    private readonly List<ulong> _entries = [];

    public Segment(IDiskFile file, SegmentHeader header, uint headerChecksum)
    {
        File = file;
        Header = header;
        Seed = header.Seed;
        LastChecksum = headerChecksum;
    }

    public IDiskFile File { get; }

    public SegmentHeader Header { get; }

    public uint Seed { get; }

    /// <summary>Where the next record goes.</summary>
    public long End { get; set; } = SegmentHeader.Bytes;

    /// <summary>Checksum of the record before <see cref="End"/>, or of the header.</summary>
    public uint LastChecksum { get; set; }

    /// <summary>End of what a failed write may have left behind <see cref="End"/>.</summary>
    public long LeftoverEnd { get; set; }

    /// <summary>Index of the first entry here that is part of the log; meaningless when there is none.</summary>
    public ulong FirstEntry { get; private set; }

    public int EntryCount => _entries.Count;

    public LogPosition EndPosition => new(Header.Sequence, End);

    public void AddEntry(ulong index, long offset, int bytes)
    {
        if (_entries.Count == 0)
        {
            FirstEntry = index;
        }

        _entries.Add(((ulong)offset << 32) | (uint)bytes);
    }

    public void TruncateSuffix(ulong lastIndexKept)
    {
        var kept = lastIndexKept < FirstEntry ? 0 : (int)Math.Min((ulong)_entries.Count, lastIndexKept - FirstEntry + 1);
        _entries.RemoveRange(kept, _entries.Count - kept);
    }

    public (long Offset, int Bytes) Locate(ulong index)
    {
        var entry = _entries[(int)(index - FirstEntry)];
        return ((long)(entry >> 32), (int)(uint)entry);
    }

    /// <summary>Cuts what may lie behind the end: zeroes it, so that no later record can make it part of the log again (W6). Not flushed.</summary>
    public void Clear(long end)
    {
        var zeros = new byte[Math.Min(1 << 20, Math.Max(0, end - End))];
        for (var offset = End; offset < end; offset += zeros.Length)
        {
            File.Write(offset, zeros.AsSpan(0, (int)Math.Min(zeros.Length, end - offset)));
        }
    }

    public void Dispose()
    {
        File.Dispose();
    }
}
