using HarmonyDB.Storage.Files;

namespace HarmonyDB.DataFolder;

/// <summary>Reads a file of the disk seam as a stream, from its beginning.</summary>
internal sealed class DiskFileStream : Stream
{
    private readonly IDiskFile _file;
    private readonly long _lengthBytes;

    /// <summary>Creates it.</summary>
    /// <param name="file">The file; stays its owner's.</param>
    /// <param name="lengthBytes">How much of it there is to read.</param>
    public DiskFileStream(IDiskFile file, long lengthBytes)
    {
        _file = file;
        _lengthBytes = lengthBytes;
    }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => true;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => _lengthBytes;

    /// <inheritdoc/>
    public override long Position { get; set; }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        int count = (int)Math.Min(buffer.Length, _lengthBytes - Position);
        count = count <= 0 ? 0 : _file.Read(Position, buffer[..count]);
        Position += count;
        return count;
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("This stream only reads.");

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException("This stream only reads.");

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("This stream only reads.");

    /// <inheritdoc/>
    public override void Flush()
    {
    }
}
