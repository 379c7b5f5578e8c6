using Google.Protobuf;
using Microsoft.AspNetCore.Http;

namespace HarmonyDB.Server.Grpc;

/// <summary>One call, as a method sees it: the messages that come, the messages that go, and when to give up.</summary>
internal sealed class GrpcCall
{
    private readonly HttpContext _http;
    private readonly GrpcMessageReader _requests;

    public GrpcCall(HttpContext http, long messageBytesMax, CancellationToken cancellation)
    {
        _http = http;
        _requests = new GrpcMessageReader(http.Request.BodyReader, messageBytesMax);
        Cancellation = cancellation;
    }

    /// <summary>Cancelled at the caller's deadline, or when the caller is gone.</summary>
    public CancellationToken Cancellation { get; }

    /// <inheritdoc cref="GrpcMessageReader.ReadAsync"/>
    public ValueTask<TMessage?> ReadAsync<TMessage>(MessageParser<TMessage> parser)
        where TMessage : class, IMessage<TMessage>
        => _requests.ReadAsync(parser, Cancellation);

    /// <summary>Puts a message into the answer. It leaves with the trailers, or earlier if the answer grows.</summary>
    public void Write(IMessage message) => GrpcFrame.Write(_http.Response.BodyWriter, message);
}
