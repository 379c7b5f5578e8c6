using HarmonyDB.Storage.Files;

namespace HarmonyDB.Storage.Log;

/// <summary>
/// Reads a log back when it is opened. First <see cref="Read"/>, which changes nothing and refuses damage; then <see cref="Repair"/>,
/// which removes leftovers and cuts a torn tail. A crash in between, or in the middle of the repair, leaves the same to be done again (W16).
/// </summary>
internal sealed class LogReplay : IDisposable
{
    private const int ScanBytes = 128 << 10;

    private readonly Disk _disk;
    private readonly string _directory;
    private readonly UInt128 _ownerId;
    private readonly List<string> _leftovers = [];
    private LogPosition _durable;
    private long _records;
    private long _tailEnd;

    public LogReplay(Disk disk, string directory, UInt128 ownerId)
    {
        _disk = disk;
        _directory = directory;
        _ownerId = ownerId;
    }

    public EntryIndex Index { get; } = new();

    public LogHardState HardState { get; private set; }

    /// <summary>Reads all segments.</summary>
    /// <param name="progress">Told after each: bytes verified, and of how many.</param>
    /// <exception cref="LogDamagedException">Something that had been flushed is missing or changed.</exception>
    public void Read(Action<long, long>? progress = null)
    {
        OpenSegments();
        var totalBytes = Index.Segments.Sum(segment => segment.Header.LengthBytes);
        var doneBytes = 0L;
        for (var i = 0; i < Index.Segments.Count; i++)
        {
            var segment = Index.Segments[i];
            if (i == 0)
            {
                Index.Reset(segment.Header.FirstIndex - 1, segment.Header.PreviousTerm);
                HardState = segment.Header.HardState;
            }

            var next = i + 1 < Index.Segments.Count ? Index.Segments[i + 1] : null;
            Replay(segment, next);
            doneBytes += segment.Header.LengthBytes;
            progress?.Invoke(doneBytes, totalBytes);
        }
    }

    /// <summary>Removes what interrupted work left behind, and makes sure that everything read is on the device.</summary>
    public LogRecovery Repair()
    {
        foreach (var path in _leftovers)
        {
            _disk.Delete(path);
        }

        _disk.FlushDirectory(_directory);
        var last = Index.Segments.Count == 0 ? null : Index.Segments[^1];
        var cutBytes = last is null ? 0 : Math.Max(0, _tailEnd - last.End);
        if (last is not null)
        {
            RepairTail(last);
        }

        return new LogRecovery
        {
            Created = last is null,
            Segments = Index.Segments.Count,
            Records = _records,
            CutBytes = cutBytes,
            CutPath = cutBytes == 0 ? null : last!.File.Path,
            CutOffset = cutBytes == 0 ? 0 : last!.End,
            RemovedFiles = _leftovers.Count,
        };
    }

    public void Dispose()
    {
        foreach (var segment in Index.Segments)
        {
            segment.Dispose();
        }
    }

    private void OpenSegments()
    {
        var names = new List<(ulong Sequence, ulong FirstIndex, string Path)>();
        foreach (var name in _disk.ListFiles(_directory))
        {
            if (SegmentHeader.TryParseFileName(name, SegmentHeader.Suffix, out var sequence, out var firstIndex))
            {
                names.Add((sequence, firstIndex, Path.Combine(_directory, name)));
            }
            else if (SegmentHeader.TryParseFileName(name, SegmentHeader.UnfinishedSuffix, out _, out _))
            {
                _leftovers.Add(Path.Combine(_directory, name));
            }
        }

        // From the newest back to the one that made all before it void, whose files are leftovers whatever their state.
        names.Sort();
        var oldest = names.Count - 1;
        for (; oldest >= 0; oldest--)
        {
            var segment = OpenSegment(names[oldest].Path, names[oldest].Sequence, names[oldest].FirstIndex);
            Index.Segments.Insert(0, segment);
            if (segment.Header.IsReset)
            {
                break;
            }
        }

        _leftovers.AddRange(names.Take(Math.Max(0, oldest)).Select(name => name.Path));
    }

    private Segment OpenSegment(string path, ulong sequence, ulong firstIndex)
    {
        var file = _disk.Open(path, DiskFileMode.Open);
        try
        {
            var block = new byte[SegmentHeader.Bytes];
            var (header, checksum, finding) = SegmentHeader.Parse(block.AsSpan(0, file.Read(0, block)));
            if (header is null)
            {
                throw new LogDamagedException(path, 0, finding!);
            }

            if (header.OwnerId != _ownerId)
            {
                throw new LogDamagedException(path, 0, "it belongs to another owner") { IsForeign = true };
            }

            if (header.Sequence != sequence || header.FirstIndex != firstIndex || firstIndex == 0)
            {
                throw new LogDamagedException(path, 0, "its name is not the one it was created with");
            }

            if (file.LengthBytes < header.LengthBytes)
            {
                throw new LogDamagedException(path, file.LengthBytes, $"the file was shortened from {header.LengthBytes} bytes");
            }

            return new Segment(file, header, checksum);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private void Replay(Segment segment, Segment? next)
    {
        if (next is not null && next.Header.PreviousEnd.Segment != segment.Header.Sequence)
        {
            throw new LogDamagedException(next.File.Path, 0, $"the segment before it, number {next.Header.PreviousEnd.Segment:x16}, is missing");
        }

        var limit = next?.Header.PreviousEnd.Offset ?? segment.Header.LengthBytes;
        var reader = new SegmentReader(segment, limit);
        while (reader.TryRead(segment.End, out var record) && record.Previous == segment.LastChecksum)
        {
            Apply(segment, record);
            segment.LastChecksum = record.Checksum;
            segment.End += record.Bytes;
            _records++;
        }

        if (next is null)
        {
            FindTail(segment, reader, limit);
            return;
        }

        // A segment is flushed before the next one is created, so nothing that is missing here can be a torn tail.
        if (segment.End != limit || segment.LastChecksum != next.Header.PreviousChecksum)
        {
            throw new LogDamagedException(segment.File.Path, segment.End, $"no valid record begins here, and the segment goes on to byte {limit}");
        }

        if (next.Header.FirstIndex != Index.LastIndex + 1 || next.Header.PreviousTerm != Index.LastTerm || next.Header.HardState != HardState)
        {
            throw new LogDamagedException(next.File.Path, 0, "its header does not continue the segment before it");
        }
    }

    private void Apply(Segment segment, LogRecord record)
    {
        switch (record.Type)
        {
            case RecordType.Mark:
                _durable = Later(_durable, record.DurablePosition);
                break;
            case RecordType.HardState:
                HardState = record.HardState;
                break;
            case RecordType.TruncateSuffix when record.Index <= Index.LastIndex:
                Index.TruncateSuffix(record.Index, record.Term);
                break;
            case RecordType.Entry when record.Index == Index.LastIndex + 1 && record.Term >= Index.LastTerm:
                Index.Add(segment, record.Index, record.Term, segment.End, record.Bytes);
                break;
            default:
                throw new LogDamagedException(segment.File.Path, segment.End, $"record {record.Type} of index {record.Index} does not follow index {Index.LastIndex}");
        }
    }

    /// <summary>
    /// Decides what the bytes behind the last valid record are. Every batch names the position that was flushed before it was written: if
    /// a batch that lies behind says that this place was flushed, it is damage (W4). If none does, the place was never acknowledged: a torn tail.
    /// </summary>
    private void FindTail(Segment segment, SegmentReader reader, long limit)
    {
        const int markBytes = LogRecord.HeadBytes + LogRecord.MarkBodyBytes;
        for (var chunk = segment.End; chunk < limit; chunk += ScanBytes)
        {
            var bytes = reader.Peek(chunk, ScanBytes + markBytes);
            var last = bytes[..Math.Min(ScanBytes, bytes.Length)].LastIndexOfAnyExcept((byte)0);
            if (last < 0)
            {
                continue;
            }

            _tailEnd = chunk + last + 1;
            for (var i = 0; i <= last && i + markBytes <= bytes.Length; i += LogRecord.AlignmentBytes)
            {
                var candidate = bytes.Slice(i, markBytes);
                if (LogRecord.ClaimedSize(candidate, 0) == markBytes
                    && LogRecord.TryParse(candidate, segment.Seed, chunk + i, out var record)
                    && record.Type == RecordType.Mark
                    && record.DurablePosition.Segment == segment.Header.Sequence
                    && record.DurablePosition.Offset > segment.End)
                {
                    throw new LogDamagedException(
                        segment.File.Path,
                        segment.End,
                        $"no valid record begins here, and the one at byte {chunk + i} says that everything before byte {record.DurablePosition.Offset} had been flushed");
                }
            }
        }
    }

    private void RepairTail(Segment segment)
    {
        segment.Clear(_tailEnd);

        // What no mark vouches for may be in the cache only, and dropped there by a flush that failed before the restart (W8). Writing the
        // same bytes again makes the flush below count.
        var start = _durable.Segment == segment.Header.Sequence ? _durable.Offset : SegmentHeader.Bytes;
        var reader = new SegmentReader(segment, segment.End);
        for (var offset = start; offset < segment.End; offset += ScanBytes)
        {
            segment.File.Write(offset, reader.Peek(offset, ScanBytes));
        }

        if (start < segment.End || segment.End < _tailEnd)
        {
            segment.File.Flush();
        }
    }

    private static LogPosition Later(LogPosition left, LogPosition right)
    {
        return (left.Segment, left.Offset).CompareTo((right.Segment, right.Offset)) >= 0 ? left : right;
    }
}
