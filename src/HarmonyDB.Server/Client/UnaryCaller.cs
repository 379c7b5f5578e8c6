using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;
using HarmonyDB.Server.Grpc;

namespace HarmonyDB.Server.Client;

/// <summary>Makes one call to one node: message out, message and status in.</summary>
internal sealed class UnaryCaller
{
    private readonly HttpClient _http;
    private readonly int _responseBytesMax;

    public UnaryCaller(HttpClient http, int responseBytesMax)
    {
        _http = http;
        _responseBytesMax = responseBytesMax;
    }

    /// <param name="endpoint">The node.</param>
    /// <param name="path"><c>/package.Service/Method</c>.</param>
    /// <param name="request">What to send.</param>
    /// <param name="parser">Reads the answer.</param>
    /// <param name="isWrite">Whether the call changes the database, so that its failure may leave the outcome open.</param>
    /// <param name="deadline">Until when; told to the node, too.</param>
    /// <exception cref="EtcdException">The call failed.</exception>
    /// <exception cref="OperationCanceledException">The caller cancelled, and not the deadline.</exception>
    public async Task<TResponse> CallAsync<TResponse>(
        Uri endpoint, string path, IMessage request, MessageParser<TResponse> parser, bool isWrite, CallDeadline deadline)
        where TResponse : class, IMessage<TResponse>
    {
        try
        {
            using var message = CreateRequest(endpoint, path, request, deadline);
            using var response = await _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, deadline.Token);
            var answer = response.StatusCode == HttpStatusCode.OK ? await ReadAsync(response, parser, deadline.Token) : null;
            var status = StatusOf(response);
            if (status.Code != GrpcStatusCode.Ok)
            {
                throw new EtcdException(status.Code, status.Message, endpoint, isWrite && MayHaveHappened(status));
            }

            return answer ?? throw new EtcdException(GrpcStatusCode.Internal, "the node answered without a message", endpoint, isWrite);
        }
        catch (GrpcStatusException exception)
        {
            throw new EtcdException(exception.Status.Code, exception.Status.Message, endpoint, isWrite, exception);
        }
        catch (HttpRequestException exception)
        {
            throw new EtcdException(GrpcStatusCode.Unavailable, exception.Message, endpoint, isWrite && !IsBeforeSending(exception), exception);
        }
        catch (IOException exception)
        {
            throw new EtcdException(GrpcStatusCode.Unavailable, exception.Message, endpoint, isWrite, exception);
        }
        catch (OperationCanceledException exception) when (!deadline.IsCancelledByCaller)
        {
            // The handler's own timeout is that of connecting: then nothing was sent.
            throw deadline.IsOver
                ? new EtcdException(GrpcStatusCode.DeadlineExceeded, "no answer before the deadline", endpoint, isWrite, exception)
                : new EtcdException(GrpcStatusCode.Unavailable, "no connection in time", endpoint, mayHaveHappened: false, exception);
        }
    }

    private static HttpRequestMessage CreateRequest(Uri endpoint, string path, IMessage request, CallDeadline deadline)
    {
        var body = new System.Buffers.ArrayBufferWriter<byte>(GrpcFrame.PrefixBytes + request.CalculateSize());
        GrpcFrame.Write(body, request);
        var message = new HttpRequestMessage(HttpMethod.Post, new Uri(endpoint, path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ReadOnlyMemoryContent(body.WrittenMemory),
        };
        message.Content.Headers.ContentType = new MediaTypeHeaderValue(GrpcDispatcher.ContentType);
        message.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        message.Headers.Add(GrpcTimeout.Header, GrpcTimeout.Format(deadline.Remaining));
        return message;
    }

    private async Task<TResponse?> ReadAsync<TResponse>(HttpResponseMessage response, MessageParser<TResponse> parser, CancellationToken cancellationToken)
        where TResponse : class, IMessage<TResponse>
    {
        var body = PipeReader.Create(await response.Content.ReadAsStreamAsync(cancellationToken));
        var reader = new GrpcMessageReader(body, _responseBytesMax);
        var answer = await reader.ReadAsync(parser, cancellationToken);
        if (answer is not null && await reader.ReadAsync(parser, cancellationToken) is not null)
        {
            throw new GrpcStatusException(GrpcStatusCode.Internal, "grpc: the answer has more than one message");
        }

        await body.CompleteAsync();
        return answer;
    }

    private static GrpcStatus StatusOf(HttpResponseMessage response)
    {
        // An answer without a body may carry its status among the headers.
        var code = Find(response.TrailingHeaders, GrpcStatus.CodeHeader) ?? Find(response.Headers, GrpcStatus.CodeHeader);
        var text = Find(response.TrailingHeaders, GrpcStatus.MessageHeader) ?? Find(response.Headers, GrpcStatus.MessageHeader) ?? "";
        if (int.TryParse(code, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && Enum.IsDefined((GrpcStatusCode)number))
        {
            return new GrpcStatus((GrpcStatusCode)number, PercentEncoding.Decode(text));
        }

        // Not a gRPC server, or something in between answered: the mapping of HTTP statuses is the gRPC protocol's.
        var concluded = response.StatusCode switch
        {
            HttpStatusCode.BadRequest => GrpcStatusCode.Internal,
            HttpStatusCode.Unauthorized => GrpcStatusCode.Unauthenticated,
            HttpStatusCode.Forbidden => GrpcStatusCode.PermissionDenied,
            HttpStatusCode.NotFound => GrpcStatusCode.Unimplemented,
            HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout
                => GrpcStatusCode.Unavailable,
            _ => GrpcStatusCode.Unknown,
        };
        return new GrpcStatus(concluded, $"the answer has no gRPC status (HTTP {(int)response.StatusCode})");
    }

    private static string? Find(HttpHeaders headers, string name) => headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;

    private static bool IsBeforeSending(HttpRequestException exception)
        => exception.HttpRequestError is HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError;

    private static bool MayHaveHappened(GrpcStatus status) => status.Code switch
    {
        GrpcStatusCode.InvalidArgument or GrpcStatusCode.NotFound or GrpcStatusCode.AlreadyExists or GrpcStatusCode.PermissionDenied
            or GrpcStatusCode.ResourceExhausted or GrpcStatusCode.FailedPrecondition or GrpcStatusCode.OutOfRange
            or GrpcStatusCode.Unimplemented or GrpcStatusCode.Unauthenticated => false,

        // The one UNAVAILABLE that is only ever said before a write was handed on.
        GrpcStatusCode.Unavailable => status.Message != Services.EtcdErrors.NoLeader.Message,
        _ => true,
    };
}
