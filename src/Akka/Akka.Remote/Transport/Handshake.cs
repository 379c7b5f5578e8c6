using System.Buffers;
using System.Diagnostics;
using System.Net.Sockets;
using Akka.Actor;

namespace Akka.Remote.Transport;

/// <summary>Who is at one end of a connection. The uid tells two incarnations of one address apart (A5).</summary>
internal sealed record Hello(Address From, long Uid, Address To);

/// <summary>The first frame each way: the connecting side's, then the answer. Nothing is believed of a connection before it.</summary>
internal static class Handshake
{
    private const int FrameBytesMax = 1024;

    // "AKSI", and not the beginning of any request a stray HTTP or TLS client sends.
    private const int Magic = 0x49534B41;
    private const byte Version = 1;

    public static void Send(Socket socket, Hello hello)
    {
        var writer = new FrameWriter(FrameKind.Hello, 256);
        writer.WriteInt32(Magic);
        writer.WriteByte(Version);
        writer.WriteInt64(hello.Uid);
        writer.WriteString(hello.From.ToString());
        writer.WriteString(hello.To.ToString());
        var frame = writer.Finish();
        SendAll(socket, frame);
        ArrayPool<byte>.Shared.Return(frame.Array!);
    }

    /// <exception cref="InvalidDataException">The other side speaks something else, or another version.</exception>
    /// <exception cref="SocketException">It does not say hello in time.</exception>
    public static Hello Receive(Socket socket, TimeSpan timeout)
    {
        var deadline = Stopwatch.GetTimestamp() + (long)(timeout.TotalSeconds * Stopwatch.Frequency);
        Span<byte> buffer = stackalloc byte[FrameBytesMax];
        var lengthBytes = buffer[..FrameWriter.LengthBytes];
        ReceiveAll(socket, lengthBytes, deadline);
        var length = BitConverter.ToInt32(lengthBytes);
        if (length is <= 0 or > FrameBytesMax)
        {
            throw new InvalidDataException("The other side does not speak this protocol");
        }

        var frame = buffer[..length];
        ReceiveAll(socket, frame, deadline);
        return Parse(frame);
    }

    public static void SendAll(Socket socket, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[socket.Send(bytes)..];
        }
    }

    private static Hello Parse(ReadOnlySpan<byte> frame)
    {
        var reader = new FrameReader(frame);
        if (reader.ReadByte() != (byte)FrameKind.Hello || reader.ReadInt32() != Magic)
        {
            throw new InvalidDataException("The other side does not speak this protocol");
        }

        var version = reader.ReadByte();
        if (version != Version)
        {
            throw new InvalidDataException($"The other side speaks version {version} of the protocol, this one version {Version}");
        }

        var uid = reader.ReadInt64();
        return Address.TryParse(reader.ReadString(), out var from) && Address.TryParse(reader.ReadString(), out var to)
            ? new Hello(from, uid, to)
            : throw new InvalidDataException("The other side's hello names no address");
    }

    // The deadline is for the whole of it: one byte now and then keeps nothing open.
    private static void ReceiveAll(Socket socket, Span<byte> bytes, long deadline)
    {
        while (!bytes.IsEmpty)
        {
            var left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), deadline);
            socket.ReceiveTimeout = Math.Max(1, (int)left.TotalMilliseconds);
            var received = left > TimeSpan.Zero ? socket.Receive(bytes) : throw new SocketException((int)SocketError.TimedOut);
            bytes = received > 0 ? bytes[received..] : throw new EndOfStreamException("The other side closed the connection during the handshake");
        }

        socket.ReceiveTimeout = 0;
    }
}
