using Google.Protobuf;

namespace HarmonyDB.Server.Grpc;

/// <summary>A method of a service. What it throws becomes the status of the call.</summary>
internal abstract class GrpcMethod
{
    protected GrpcMethod(string path)
    {
        Path = path;
    }

    /// <summary><c>/package.Service/Method</c>.</summary>
    public string Path { get; }

    public abstract Task InvokeAsync(GrpcCall call);
}

/// <summary>One message in, one message out.</summary>
internal sealed class UnaryMethod<TRequest, TResponse> : GrpcMethod
    where TRequest : class, IMessage<TRequest>
    where TResponse : class, IMessage<TResponse>
{
    private readonly MessageParser<TRequest> _parser;
    private readonly Func<TRequest, CancellationToken, Task<TResponse>> _handler;

    public UnaryMethod(string path, MessageParser<TRequest> parser, Func<TRequest, CancellationToken, Task<TResponse>> handler)
        : base(path)
    {
        _parser = parser;
        _handler = handler;
    }

    public override async Task InvokeAsync(GrpcCall call)
    {
        var request = await call.ReadAsync(_parser)
            ?? throw new GrpcStatusException(GrpcStatusCode.Internal, "grpc: the call has no message, and this method takes one");
        if (await call.ReadAsync(_parser) is not null)
        {
            throw new GrpcStatusException(GrpcStatusCode.Internal, "grpc: the call has more than one message, and this method takes one");
        }

        call.Write(await _handler(request, call.Cancellation));
    }
}
