using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace HarmonyDB.Server.Grpc;

/// <summary>Carries a gRPC call from the HTTP request to its method and its outcome back into the trailers.</summary>
internal sealed partial class GrpcDispatcher
{
    public const string ContentType = "application/grpc";

    private readonly GrpcMethodTable _methods;
    private readonly Func<Exception, GrpcStatus?> _toStatus;
    private readonly long _messageBytesMax;
    private readonly int _callsMax;
    private readonly ILogger _logger;
    private int _calls;

    /// <param name="methods">The methods served.</param>
    /// <param name="toStatus">The status for an exception that is part of the contract; null for any other.</param>
    /// <param name="messageBytesMax">Longest message taken.</param>
    /// <param name="callsMax">Most calls at a time.</param>
    /// <param name="logger">Told of faults only.</param>
    public GrpcDispatcher(GrpcMethodTable methods, Func<Exception, GrpcStatus?> toStatus, long messageBytesMax, int callsMax, ILogger logger)
    {
        _methods = methods;
        _toStatus = toStatus;
        _messageBytesMax = messageBytesMax;
        _callsMax = callsMax;
        _logger = logger;
    }

    /// <summary>Whether a content type is that of gRPC with protobuf messages.</summary>
    public static bool IsGrpc(string? contentType)
    {
        var mediaType = contentType?.Split(';', 2)[0].Trim();
        return string.Equals(mediaType, ContentType, StringComparison.OrdinalIgnoreCase)
            || string.Equals(mediaType, ContentType + "+proto", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Answers a POST over HTTP/2 with gRPC's content type.</summary>
    public async Task HandleAsync(HttpContext http)
    {
        // The limit on bodies is for one-shot requests; here each message is limited by its own prefix.
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } bodySize)
        {
            bodySize.MaxRequestBodySize = null;
        }

        http.Response.ContentType = ContentType;
        http.Response.Headers["grpc-accept-encoding"] = "identity";
        GrpcStatus status;
        try
        {
            // S22: refuse at once what cannot be held, rather than let everyone wait longer.
            status = Interlocked.Increment(ref _calls) > _callsMax
                ? new GrpcStatus(GrpcStatusCode.ResourceExhausted, "etcdserver: too many requests")
                : await InvokeAsync(http);
        }
        finally
        {
            Interlocked.Decrement(ref _calls);
        }

        http.Response.AppendTrailer(GrpcStatus.CodeHeader, ((int)status.Code).ToString(CultureInfo.InvariantCulture));
        if (status.Message.Length > 0)
        {
            http.Response.AppendTrailer(GrpcStatus.MessageHeader, PercentEncoding.Encode(status.Message));
        }
    }

    private async Task<GrpcStatus> InvokeAsync(HttpContext http)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        if (http.Request.Headers.TryGetValue(GrpcTimeout.Header, out var header))
        {
            if (!GrpcTimeout.TryParse(header.ToString(), out var timeout))
            {
                return new GrpcStatus(GrpcStatusCode.Internal, $"grpc: malformed {GrpcTimeout.Header}: {header}");
            }

            deadline.CancelAfter(timeout);
        }

        try
        {
            var method = _methods.Find(http.Request.Path.Value ?? "");
            await method.InvokeAsync(new GrpcCall(http, _messageBytesMax, deadline.Token));
            return GrpcStatus.Ok;
        }
        catch (GrpcStatusException exception)
        {
            return exception.Status;
        }
        catch (Exception exception) when (http.RequestAborted.IsCancellationRequested && exception is OperationCanceledException or IOException)
        {
            return new GrpcStatus(GrpcStatusCode.Cancelled, "the caller is gone");
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            return new GrpcStatus(GrpcStatusCode.DeadlineExceeded, "context deadline exceeded");
        }
        catch (BadHttpRequestException exception)
        {
            // The body came too slowly or not as HTTP has it.
            return new GrpcStatus(GrpcStatusCode.Internal, $"grpc: the request could not be read: {exception.Message}");
        }
        catch (Exception exception)
        {
            return _toStatus(exception) ?? Fault(http.Request.Path, exception);
        }
    }

    private GrpcStatus Fault(string path, Exception exception)
    {
        LogFault(_logger, path, exception);
        return new GrpcStatus(GrpcStatusCode.Internal, $"internal error ({exception.GetType().Name}); the node's log has the details");
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Error, Message = "{Path} failed with an exception that is not part of the contract")]
    private static partial void LogFault(ILogger logger, string path, Exception exception);
}
