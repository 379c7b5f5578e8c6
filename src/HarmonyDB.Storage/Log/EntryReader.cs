namespace HarmonyDB.Storage.Log;

/// <summary>Reads entries by index, many with one system call where they lie close together.</summary>
internal sealed class EntryReader
{
    private const int ReadBytes = 256 << 10;

    private byte[] _buffer = new byte[ReadBytes];

    public int Read(EntryIndex index, ulong from, ulong toExclusive, long maximumBytes, ICollection<LogEntry> into)
    {
        var count = 0;
        var next = from;
        while (next < toExclusive)
        {
            var segment = index.SegmentOf(next);
            var (start, firstBytes) = segment.Locate(next);
            var runEnd = start + firstBytes;
            var runLast = next;
            var segmentEnd = segment.FirstEntry + (ulong)segment.EntryCount;
            while (runLast + 1 < Math.Min(toExclusive, segmentEnd))
            {
                var (offset, bytes) = segment.Locate(runLast + 1);
                if (offset + bytes - start > Math.Min(ReadBytes, maximumBytes + LogRecord.HeadBytes + LogRecord.EntryBodyBytes))
                {
                    break;
                }

                runEnd = offset + bytes;
                runLast++;
            }

            var run = Fill(segment, start, (int)(runEnd - start));
            for (; next <= runLast; next++)
            {
                var (offset, bytes) = segment.Locate(next);
                var entry = Parse(segment, run.Slice((int)(offset - start), bytes), offset, next);
                if (count > 0 && entry.Payload.Length > maximumBytes)
                {
                    return count;
                }

                maximumBytes -= Math.Min(maximumBytes, entry.Payload.Length);
                into.Add(entry);
                count++;
            }
        }

        if (_buffer.Length > ReadBytes)
        {
            _buffer = new byte[ReadBytes];
        }

        return count;
    }

    private static LogEntry Parse(Segment segment, ReadOnlySpan<byte> bytes, long offset, ulong index)
    {
        if (LogRecord.ClaimedSize(bytes, segment.Header.MaximumBodyBytes) != bytes.Length
            || !LogRecord.TryParse(bytes, segment.Seed, offset, out var record)
            || record.Type != RecordType.Entry
            || record.Index != index)
        {
            throw new LogDamagedException(segment.File.Path, offset, $"entry {index} was here and does not match its checksum any more");
        }

        return new LogEntry(index, record.Term, record.Kind, record.Payload.ToArray());
    }

    private ReadOnlySpan<byte> Fill(Segment segment, long offset, int bytes)
    {
        if (_buffer.Length < bytes)
        {
            _buffer = new byte[bytes];
        }

        var count = segment.File.Read(offset, _buffer.AsSpan(0, bytes));
        if (count != bytes)
        {
            throw new LogDamagedException(segment.File.Path, offset + count, "the file was shortened while it was open");
        }

        return _buffer.AsSpan(0, bytes);
    }
}
