using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Akka.Remote.Transport;

/// <summary>Builds one frame, its length in front, in a rented array.</summary>
internal ref struct FrameWriter
{
    public const int LengthBytes = 4;
    private byte[] _buffer;
    private int _position;

    public FrameWriter(FrameKind kind, int sizeHint)
    {
        _buffer = ArrayPool<byte>.Shared.Rent(LengthBytes + sizeHint);
        _position = LengthBytes;
        WriteByte((byte)kind);
    }

    public void WriteByte(byte value) => Reserve(1)[0] = value;
    public void WriteInt32(int value) => BinaryPrimitives.WriteInt32LittleEndian(Reserve(4), value);
    public void WriteInt64(long value) => BinaryPrimitives.WriteInt64LittleEndian(Reserve(8), value);
    public void WriteString(string text) => WriteString(Encoding.UTF8.GetBytes(text));

    public void WriteString(ReadOnlySpan<byte> utf8)
    {
        WriteInt32(utf8.Length);
        WriteBytes(utf8);
    }

    public void WriteBytes(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Reserve(bytes.Length));

    /// <summary>The frame; the caller returns the array to the pool.</summary>
    public readonly ArraySegment<byte> Finish()
    {
        BinaryPrimitives.WriteInt32LittleEndian(_buffer, _position - LengthBytes);
        return new ArraySegment<byte>(_buffer, 0, _position);
    }

    private Span<byte> Reserve(int count)
    {
        if (_buffer.Length - _position < count)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_buffer.Length * 2, _position + count));
            _buffer.AsSpan(0, _position).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }

        _position += count;
        return _buffer.AsSpan(_position - count, count);
    }
}
