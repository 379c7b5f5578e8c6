using HarmonyDB.Server.Grpc;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace HarmonyDB.Server.Http;

/// <summary>Where Kestrel hands over each request: to gRPC by its content type, else to the plain HTTP endpoints.</summary>
internal sealed class RequestApplication : IHttpApplication<HttpContext>
{
    private readonly GrpcMethodTable _methods;
    private readonly GrpcDispatcher _grpc;
    private readonly HttpEndpoints _endpoints;

    public RequestApplication(GrpcMethodTable methods, GrpcDispatcher grpc, HttpEndpoints endpoints)
    {
        _methods = methods;
        _grpc = grpc;
        _endpoints = endpoints;
    }

    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    public Task ProcessRequestAsync(HttpContext context)
    {
        var isGrpc = GrpcDispatcher.IsGrpc(context.Request.ContentType);
        if (!isGrpc && !_methods.IsDeclared(context.Request.Path.Value ?? ""))
        {
            return _endpoints.HandleAsync(context);
        }

        if (!isGrpc)
        {
            return HttpEndpoints.RefuseGrpcAsync(
                context, StatusCodes.Status415UnsupportedMediaType, $"this path takes the content type {GrpcDispatcher.ContentType}");
        }

        if (!HttpProtocol.IsHttp2(context.Request.Protocol))
        {
            return HttpEndpoints.RefuseGrpcAsync(context, StatusCodes.Status426UpgradeRequired, "gRPC needs HTTP/2");
        }

        if (!HttpMethods.IsPost(context.Request.Method))
        {
            context.Response.Headers.Allow = HttpMethods.Post;
            return HttpEndpoints.RefuseGrpcAsync(context, StatusCodes.Status405MethodNotAllowed, "gRPC calls are POST requests");
        }

        return _grpc.HandleAsync(context);
    }

    public void DisposeContext(HttpContext context, Exception? exception)
    {
        // The context holds nothing of its own: Kestrel owns and reuses the features under it.
    }
}
