using System.Buffers;
using System.IO.Pipelines;
using Google.Protobuf;

namespace HarmonyDB.Server.Grpc;

/// <summary>Takes messages out of a body, one after the other. The same for requests and answers.</summary>
internal sealed class GrpcMessageReader
{
    private readonly PipeReader _body;
    private readonly long _messageBytesMax;

    public GrpcMessageReader(PipeReader body, long messageBytesMax)
    {
        _body = body;
        _messageBytesMax = messageBytesMax;
    }

    /// <summary>The next message, or null at the end of the body.</summary>
    /// <exception cref="GrpcStatusException">What arrived is no message, or one that is over the limit.</exception>
    public async ValueTask<TMessage?> ReadAsync<TMessage>(MessageParser<TMessage> parser, CancellationToken cancellationToken)
        where TMessage : class, IMessage<TMessage>
    {
        while (true)
        {
            var arrived = await _body.ReadAsync(cancellationToken);
            if (GrpcFrame.TryRead(arrived.Buffer, _messageBytesMax, out var bytes))
            {
                var message = Parse(parser, bytes);
                _body.AdvanceTo(bytes.End);
                return message;
            }

            if (arrived.IsCompleted)
            {
                return arrived.Buffer.IsEmpty
                    ? null
                    : throw new GrpcStatusException(GrpcStatusCode.Internal, "grpc: the body ends inside a message");
            }

            _body.AdvanceTo(arrived.Buffer.Start, arrived.Buffer.End);
        }
    }

    private static TMessage Parse<TMessage>(MessageParser<TMessage> parser, ReadOnlySequence<byte> bytes)
        where TMessage : class, IMessage<TMessage>
    {
        try
        {
            return parser.ParseFrom(bytes);
        }
        catch (Exception exception) when (exception is InvalidProtocolBufferException or IndexOutOfRangeException or ArgumentException)
        {
            // The last two for lengths close to 2 GiB, which overflow in the decoder (protobuf issue 26856).
            throw new GrpcStatusException(GrpcStatusCode.Internal, $"grpc: the message does not parse: {exception.Message}");
        }
    }
}
