using Google.Protobuf;

namespace HarmonyDB.Messages;

/// <summary>Decodes what came from elsewhere. Whatever is wrong with the bytes, the exception is ours.</summary>
internal static class WireParser
{
    /// <summary>Decodes a message.</summary>
    /// <exception cref="MalformedMessageException">The bytes are not such a message.</exception>
    public static TMessage Parse<TMessage>(MessageParser<TMessage> parser, ReadOnlySpan<byte> bytes)
        where TMessage : IMessage<TMessage>
    {
        try
        {
            return parser.ParseFrom(bytes);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Not only InvalidProtocolBufferException: a length close to 2 GiB overflows in the decoder, which then reads beyond its buffer and
            // throws IndexOutOfRangeException (protobuf issue 26856). It is a pure function of the bytes, so what it throws is about them.
            throw new MalformedMessageException($"{bytes.Length} bytes are not a {typeof(TMessage).Name}: {e.Message}", e);
        }
    }
}
