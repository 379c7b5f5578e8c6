using System.Buffers.Binary;
using System.Text;

namespace Akka.Remote.Transport;

/// <summary>What a frame holds.</summary>
internal enum FrameKind : byte
{
    Hello = 1,
    Message = 2,
    Selection = 3,
    System = 4,
}

/// <summary>Reads the fields of one frame, its length already taken off.</summary>
/// <exception cref="InvalidDataException">From any of them: the frame ends too early, or holds what no peer of ours writes.</exception>
internal ref struct FrameReader(ReadOnlySpan<byte> frame)
{
    private ReadOnlySpan<byte> _rest = frame;
    public byte ReadByte() => Take(1)[0];
    public int ReadInt32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));
    public long ReadInt64() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));
    public ReadOnlySpan<byte> ReadUtf8() => Take(ReadInt32());
    public string ReadString() => Encoding.UTF8.GetString(ReadUtf8());
    public ReadOnlySpan<byte> ReadRest() => Take(_rest.Length);

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count < 0 || count > _rest.Length)
        {
            throw new InvalidDataException($"The frame ends early: {count} bytes wanted, {_rest.Length} left");
        }

        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
