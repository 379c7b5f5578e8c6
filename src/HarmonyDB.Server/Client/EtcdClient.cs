using System.Net;
using System.Text.Json;
using Google.Protobuf;
using HarmonyDB.Server.Etcd;
using HarmonyDB.Server.Grpc;
using HarmonyDB.Server.Services;

namespace HarmonyDB.Server.Client;

/// <summary>
/// A small client of the etcd v3 API over HTTP/2 without TLS: as much as the command line and tests need. It works against any server of that API.
/// </summary>
/// <remarks>
/// Safe for use from any thread; keep one for the life of the program. A call goes to the node that answered last. When a node is unavailable the next one
/// is asked, each at most once per call and all within one deadline; a write only when it is certain that nothing was written.
/// </remarks>
public sealed class EtcdClient : IDisposable
{
    private readonly EtcdClientOptions _options;
    private readonly HttpClient _http;
    private readonly UnaryCaller _caller;
    private int _current;

    /// <summary>Creates a client. Connections are made when the first call needs them.</summary>
    /// <exception cref="ArgumentException">An endpoint does not parse, or an option is out of its range.</exception>
    public EtcdClient(EtcdClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Endpoints = options.Validate();
        _options = options;
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            ConnectTimeout = options.ConnectTimeout,
            UseCookies = false,
            UseProxy = false,
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _caller = new UnaryCaller(_http, options.MaxResponseBytes);
    }

    /// <summary>The nodes, in the order given.</summary>
    public IReadOnlyList<Uri> Endpoints { get; }

    /// <summary>Reads a key or a range.</summary>
    /// <exception cref="EtcdException">The call failed on every node that could be asked.</exception>
    public Task<RangeResponse> RangeAsync(RangeRequest request, CancellationToken cancellationToken = default)
        => CallAsync(EtcdApi.Range, request, RangeResponse.Parser, isWrite: false, cancellationToken);

    /// <summary>Stores a value under a key. Cancelling leaves the outcome open.</summary>
    /// <exception cref="EtcdException">The call failed; <see cref="EtcdException.MayHaveHappened"/> tells whether the write may have taken effect.</exception>
    public Task<PutResponse> PutAsync(PutRequest request, CancellationToken cancellationToken = default)
        => CallAsync(EtcdApi.Put, request, PutResponse.Parser, isWrite: true, cancellationToken);

    /// <summary>Deletes a key or a range. Cancelling leaves the outcome open.</summary>
    /// <exception cref="EtcdException">The call failed; <see cref="EtcdException.MayHaveHappened"/> tells whether the delete may have taken effect.</exception>
    public Task<DeleteRangeResponse> DeleteRangeAsync(DeleteRangeRequest request, CancellationToken cancellationToken = default)
        => CallAsync(EtcdApi.DeleteRange, request, DeleteRangeResponse.Parser, isWrite: true, cancellationToken);

    /// <summary>The members of the cluster.</summary>
    /// <exception cref="EtcdException">The call failed on every node that could be asked.</exception>
    public Task<MemberListResponse> MemberListAsync(MemberListRequest request, CancellationToken cancellationToken = default)
        => CallAsync(EtcdApi.MemberList, request, MemberListResponse.Parser, isWrite: false, cancellationToken);

    /// <summary>Adds a member. Cancelling leaves the outcome open.</summary>
    /// <exception cref="EtcdException">The call failed; <see cref="EtcdException.MayHaveHappened"/> tells whether the change may have been made.</exception>
    public Task<MemberAddResponse> MemberAddAsync(MemberAddRequest request, CancellationToken cancellationToken = default)
        => CallAsync(EtcdApi.MemberAdd, request, MemberAddResponse.Parser, isWrite: true, cancellationToken);

    /// <summary>Removes a member. Cancelling leaves the outcome open.</summary>
    /// <inheritdoc cref="MemberAddAsync" path="/exception"/>
    public Task<MemberRemoveResponse> MemberRemoveAsync(MemberRemoveRequest request, CancellationToken cancellationToken = default)
        => CallAsync(EtcdApi.MemberRemove, request, MemberRemoveResponse.Parser, isWrite: true, cancellationToken);

    /// <summary>Changes a member's peer URL. Cancelling leaves the outcome open.</summary>
    /// <inheritdoc cref="MemberAddAsync" path="/exception"/>
    public Task<MemberUpdateResponse> MemberUpdateAsync(MemberUpdateRequest request, CancellationToken cancellationToken = default)
        => CallAsync(EtcdApi.MemberUpdate, request, MemberUpdateResponse.Parser, isWrite: true, cancellationToken);

    /// <summary>Gives a learner a vote. Cancelling leaves the outcome open.</summary>
    /// <inheritdoc cref="MemberAddAsync" path="/exception"/>
    public Task<MemberPromoteResponse> MemberPromoteAsync(MemberPromoteRequest request, CancellationToken cancellationToken = default)
        => CallAsync(EtcdApi.MemberPromote, request, MemberPromoteResponse.Parser, isWrite: true, cancellationToken);

    /// <summary>Asks the leader to hand leadership over. Asks no other node in its place: only the leader can.</summary>
    /// <exception cref="EtcdException">The call failed.</exception>
    public async Task<MoveLeaderResponse> MoveLeaderAsync(Uri leader, MoveLeaderRequest request, CancellationToken cancellationToken = default)
    {
        using var deadline = new CallDeadline(_options.RequestTimeout, cancellationToken);
        return await _caller.CallAsync(leader, EtcdApi.MoveLeader, request, MoveLeaderResponse.Parser, isWrite: true, deadline);
    }

    /// <summary>What one node says of itself. Asks no other in its place.</summary>
    /// <exception cref="EtcdException">The call failed.</exception>
    public async Task<StatusResponse> StatusAsync(Uri endpoint, CancellationToken cancellationToken = default)
    {
        using var deadline = new CallDeadline(_options.RequestTimeout, cancellationToken);
        return await _caller.CallAsync(endpoint, EtcdApi.Status, new StatusRequest(), StatusResponse.Parser, isWrite: false, deadline);
    }

    /// <summary>Asks one node's <c>/health</c>. A node that cannot be reached is one that is not healthy, with the reason.</summary>
    public async Task<NodeHealth> HealthAsync(Uri endpoint, CancellationToken cancellationToken = default)
    {
        using var deadline = new CallDeadline(_options.RequestTimeout, cancellationToken);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(endpoint, "/health"));
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseContentRead, deadline.Token);
            using var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync(deadline.Token));
            var reason = body.RootElement.TryGetProperty("reason", out var text) ? text.GetString() ?? "" : "";
            var isHealthy = response.StatusCode == HttpStatusCode.OK
                && body.RootElement.TryGetProperty("health", out var health) && health.GetString() == "true";
            return new NodeHealth(endpoint, isHealthy, reason);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            return new NodeHealth(endpoint, Healthy: false, exception.Message);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return new NodeHealth(endpoint, Healthy: false, $"the answer is not that of a node: {exception.Message}");
        }
        catch (OperationCanceledException) when (!deadline.IsCancelledByCaller)
        {
            return new NodeHealth(endpoint, Healthy: false, deadline.IsOver ? "no answer before the deadline" : "no connection in time");
        }
    }

    /// <summary>Closes the connections; calls under way fail.</summary>
    public void Dispose() => _http.Dispose();

    private async Task<TResponse> CallAsync<TResponse>(
        string path, IMessage request, MessageParser<TResponse> parser, bool isWrite, CancellationToken cancellationToken)
        where TResponse : class, IMessage<TResponse>
    {
        ArgumentNullException.ThrowIfNull(request);
        using var deadline = new CallDeadline(_options.RequestTimeout, cancellationToken);
        var first = Volatile.Read(ref _current);
        for (var attempt = 0; ; attempt++)
        {
            var index = (first + attempt) % Endpoints.Count;
            try
            {
                var response = await _caller.CallAsync(Endpoints[index], path, request, parser, isWrite, deadline);
                Volatile.Write(ref _current, index);
                return response;
            }
            catch (EtcdException exception) when (exception.StatusCode is GrpcStatusCode.Unavailable or GrpcStatusCode.DeadlineExceeded)
            {
                // Whatever becomes of this call, the next one should not start with the node that failed.
                Volatile.Write(ref _current, (index + 1) % Endpoints.Count);
                if (!CanAskAnother(exception) || attempt + 1 == Endpoints.Count || deadline.IsOver)
                {
                    throw;
                }
            }
        }
    }

    /// <summary>A write that may have happened is never sent again: the caller must know that the outcome is open.</summary>
    private static bool CanAskAnother(EtcdException exception) => exception.StatusCode == GrpcStatusCode.Unavailable && !exception.MayHaveHappened;
}
