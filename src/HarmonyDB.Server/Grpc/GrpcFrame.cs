using System.Buffers;
using System.Buffers.Binary;
using Google.Protobuf;

namespace HarmonyDB.Server.Grpc;

/// <summary>How gRPC puts messages into a body: a compression byte, the length as a big-endian 32-bit number, the message.</summary>
internal static class GrpcFrame
{
    public const int PrefixBytes = 5;

    /// <summary>Finds the first message in what has arrived.</summary>
    /// <returns>False when more must arrive first. Nothing is allocated for a message that may not come.</returns>
    /// <exception cref="GrpcStatusException">The message is compressed, or announced as longer than <paramref name="messageBytesMax"/>.</exception>
    public static bool TryRead(ReadOnlySequence<byte> arrived, long messageBytesMax, out ReadOnlySequence<byte> message)
    {
        message = default;
        if (arrived.Length < PrefixBytes)
        {
            return false;
        }

        Span<byte> prefix = stackalloc byte[PrefixBytes];
        arrived.Slice(0, PrefixBytes).CopyTo(prefix);
        if (prefix[0] != 0)
        {
            throw new GrpcStatusException(
                GrpcStatusCode.Unimplemented, "grpc: the message is compressed, and compression is not supported; send it with the identity encoding");
        }

        var length = BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]);
        if (length > messageBytesMax)
        {
            throw new GrpcStatusException(GrpcStatusCode.ResourceExhausted, $"grpc: received message larger than max ({length} vs. {messageBytesMax})");
        }

        if (arrived.Length - PrefixBytes < length)
        {
            return false;
        }

        message = arrived.Slice(PrefixBytes, length);
        return true;
    }

    public static void Write(IBufferWriter<byte> body, IMessage message)
    {
        var prefix = body.GetSpan(PrefixBytes);
        prefix[0] = 0;
        BinaryPrimitives.WriteUInt32BigEndian(prefix[1..], checked((uint)message.CalculateSize()));
        body.Advance(PrefixBytes);
        message.WriteTo(body);
    }
}
