namespace HarmonyDB.Storage.Tests.Tree;

/// <summary>A stream that lets a test act before each write.</summary>
internal sealed class ObservedStream(Stream inner, Action beforeWrite) : Stream
{
    private const string WrittenOnly = "This stream is only written, from its beginning to its end.";

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException(WrittenOnly);

    public override long Position
    {
        get => throw new NotSupportedException(WrittenOnly);
        set => throw new NotSupportedException(WrittenOnly);
    }

    public override void Flush() => inner.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException(WrittenOnly);

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException(WrittenOnly);

    public override void SetLength(long value) => throw new NotSupportedException(WrittenOnly);

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        beforeWrite();
        inner.Write(buffer);
    }
}
