using HarmonyDB.Storage.Files;

namespace HarmonyDB.Cli.Commands.StoreTools;

/// <summary>A new file as a stream to write to from beginning to end, with the one kind of flush that reports a failure.</summary>
internal sealed class DiskFileStream : Stream
{
    private const string WrittenOnly = "This stream is only written, from its beginning to its end.";

    private const int BufferBytes = 1 << 20;

    private readonly IDiskFile _file;
    private readonly byte[] _buffer = new byte[BufferBytes];
    private int _buffered;
    private long _offset;

    public DiskFileStream(Disk disk, string path)
    {
        _file = disk.Open(path, DiskFileMode.CreateNew);
    }

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException(WrittenOnly);

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException(WrittenOnly);
        set => throw new NotSupportedException(WrittenOnly);
    }

    /// <summary>Makes what was written survive power loss.</summary>
    public void FlushToDevice()
    {
        Flush();
        _file.Flush();
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var count = Math.Min(buffer.Length, BufferBytes - _buffered);
            buffer[..count].CopyTo(_buffer.AsSpan(_buffered));
            _buffered += count;
            buffer = buffer[count..];
            if (_buffered == BufferBytes)
            {
                Flush();
            }
        }
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush()
    {
        _file.Write(_offset, _buffer.AsSpan(0, _buffered));
        _offset += _buffered;
        _buffered = 0;
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException(WrittenOnly);

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException(WrittenOnly);

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException(WrittenOnly);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _file.Dispose();
        }

        base.Dispose(disposing);
    }
}
