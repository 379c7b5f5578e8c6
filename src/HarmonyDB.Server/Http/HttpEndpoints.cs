using System.Text;
using System.Text.Json.Nodes;
using HarmonyDB.Client;
using HarmonyDB.Server.Services;
using Microsoft.AspNetCore.Http;

namespace HarmonyDB.Server.Http;

/// <summary>What a browser, a probe or a load balancer may ask with a plain GET: <c>/health</c> and <c>/version</c>, as etcd answers them.</summary>
internal sealed class HttpEndpoints
{
    private static readonly byte[] HealthKey = "health"u8.ToArray();

    private readonly IHarmonyDb _database;
    private readonly TimeSpan _healthTimeout;

    public HttpEndpoints(IHarmonyDb database, TimeSpan healthTimeout)
    {
        _database = database;
        _healthTimeout = healthTimeout;
    }

    public Task HandleAsync(HttpContext http)
    {
        Func<HttpContext, Task>? endpoint = http.Request.Path.Value switch
        {
            "/health" => HealthAsync,
            "/version" => VersionAsync,
            _ => null,
        };
        if (endpoint is null)
        {
            return WriteAsync(http, StatusCodes.Status404NotFound, new JsonObject { ["error"] = "not found" });
        }

        if (!HttpMethods.IsGet(http.Request.Method))
        {
            http.Response.Headers.Allow = HttpMethods.Get;
            return WriteAsync(http, StatusCodes.Status405MethodNotAllowed, new JsonObject { ["error"] = "only GET" });
        }

        return endpoint(http);
    }

    /// <summary>A request for gRPC that came in a way gRPC cannot be answered.</summary>
    public static Task RefuseGrpcAsync(HttpContext http, int statusCode, string reason)
        => WriteAsync(http, statusCode, new JsonObject { ["error"] = reason });

    /// <summary>Healthy means that this node can serve a linearizable read: there is a leader, it has a quorum, and this node follows it.</summary>
    private async Task HealthAsync(HttpContext http)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        deadline.CancelAfter(_healthTimeout);
        string? reason = null;
        try
        {
            await _database.RangeAsync(new RangeRequest(HealthKey) { Limit = 1, KeysOnly = true }, deadline.Token);
        }
        catch (OperationCanceledException) when (!http.RequestAborted.IsCancellationRequested)
        {
            reason = $"no linearizable read within {_healthTimeout.TotalMilliseconds:0} ms";
        }
        catch (HarmonyException exception)
        {
            reason = exception.Message;
        }

        await WriteAsync(
            http,
            reason is null ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable,
            new JsonObject { ["health"] = reason is null ? "true" : "false", ["reason"] = reason ?? "" });
    }

    private static Task VersionAsync(HttpContext http)
        => WriteAsync(http, StatusCodes.Status200OK, new JsonObject
        {
            ["etcdserver"] = ApiVersion.Etcd,
            ["etcdcluster"] = ApiVersion.Etcd,
            ["harmonydb"] = ApiVersion.HarmonyDb,
        });

    private static Task WriteAsync(HttpContext http, int statusCode, JsonObject body)
    {
        var bytes = Encoding.UTF8.GetBytes(body.ToJsonString());
        http.Response.StatusCode = statusCode;
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = bytes.Length;
        return http.Response.Body.WriteAsync(bytes, 0, bytes.Length, http.RequestAborted);
    }
}
