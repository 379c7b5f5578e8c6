namespace HarmonyDB.Storage.Log;

/// <summary>Reads a segment from front to back through one buffer, which never grows beyond the largest record the segment may hold.</summary>
internal sealed class SegmentReader
{
    // Two chunks of a tail scan and the record head that may begin at the end of the second.
    private const int WindowBytes = (256 << 10) + 64;

    private readonly Segment _segment;
    private readonly long _limit;
    private byte[] _window = new byte[WindowBytes];
    private long _windowOffset;
    private int _windowLength;

    public SegmentReader(Segment segment, long limit)
    {
        _segment = segment;
        _limit = limit;
    }

    /// <summary>Bytes from an offset; fewer than asked only where the segment ends. Valid until the next call.</summary>
    public ReadOnlySpan<byte> Peek(long offset, int count)
    {
        count = (int)Math.Clamp(_limit - offset, 0, count);
        if (offset < _windowOffset || offset + count > _windowOffset + _windowLength)
        {
            if (_window.Length < count)
            {
                _window = new byte[count];
            }

            _windowOffset = offset;
            _windowLength = _segment.File.Read(offset, _window.AsSpan(0, (int)Math.Min(_window.Length, _limit - offset)));
        }

        var start = (int)(offset - _windowOffset);
        return _window.AsSpan(start, Math.Min(count, _windowLength - start));
    }

    /// <summary>Reads the record at an offset if there is a whole and valid one. Whether it follows from the one before is left to the caller.</summary>
    public bool TryRead(long offset, out LogRecord record)
    {
        record = default;
        var head = Peek(offset, LogRecord.HeadBytes);
        if (head.Length < LogRecord.HeadBytes)
        {
            return false;
        }

        var size = LogRecord.ClaimedSize(head, _segment.Header.MaximumBodyBytes);
        if (size == 0 || offset + size > _limit)
        {
            return false;
        }

        var bytes = Peek(offset, size);
        return bytes.Length == size && LogRecord.TryParse(bytes, _segment.Seed, offset, out record);
    }
}
