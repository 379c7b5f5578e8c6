using Google.Protobuf;
using HarmonyDB.Client;
using HarmonyDB.Server.Client;
using HarmonyDB.Server.Grpc;
using Etcd = HarmonyDB.Server.Etcd;
using Mvcc = HarmonyDB.Server.Mvcc;

namespace HarmonyDB.Cli.Client;

/// <summary>A cluster reached over the etcd v3 API. The only place of the command line that knows etcd's messages.</summary>
internal sealed class EtcdStoreClient : IStoreClient
{
    private const string PeerUrlScheme = "tcp://";

    private readonly EtcdClient _client;

    /// <summary>Creates a client; connections are made when the first request needs them.</summary>
    /// <param name="endpoints">The nodes to ask, at least one.</param>
    /// <param name="timeout">Bound of each request, failover included.</param>
    public EtcdStoreClient(IReadOnlyList<Uri> endpoints, TimeSpan timeout) => _client = new EtcdClient(new EtcdClientOptions
    {
        Endpoints = [.. endpoints.Select(endpoint => endpoint.GetLeftPart(UriPartial.Authority))],
        RequestTimeout = timeout,
    });

    /// <inheritdoc/>
    public Task<PutResult> PutAsync(PutRequest request, CancellationToken cancellationToken) => AskAsync(async () =>
    {
        var response = await _client.PutAsync(
            new Etcd.PutRequest { Key = Wrap(request.Key), Value = Wrap(request.Value), PrevKv = request.PreviousKeyValue }, cancellationToken);
        return new PutResult(Convert(response.Header), response.PrevKv is null ? null : Convert(response.PrevKv));
    });

    /// <inheritdoc/>
    public Task<DeleteRangeResult> DeleteRangeAsync(DeleteRangeRequest request, CancellationToken cancellationToken) => AskAsync(async () =>
    {
        var response = await _client.DeleteRangeAsync(
            new Etcd.DeleteRangeRequest { Key = Wrap(request.Key), RangeEnd = Wrap(request.RangeEnd), PrevKv = request.PreviousKeyValues },
            cancellationToken);
        return new DeleteRangeResult(Convert(response.Header), response.Deleted, [.. response.PrevKvs.Select(Convert)]);
    });

    /// <inheritdoc/>
    public Task<RangeResult> RangeAsync(RangeRequest request, CancellationToken cancellationToken) => AskAsync(async () =>
    {
        var wire = new Etcd.RangeRequest
        {
            Key = Wrap(request.Key),
            RangeEnd = Wrap(request.RangeEnd),
            Limit = request.Limit,
            Serializable = request.Serializable,
            KeysOnly = request.KeysOnly,
            CountOnly = request.CountOnly,
        };
        var response = await _client.RangeAsync(wire, cancellationToken);
        return new RangeResult(Convert(response.Header), [.. response.Kvs.Select(Convert)], response.More, response.Count);
    });

    /// <inheritdoc/>
    public Task<IReadOnlyList<Member>> MemberListAsync(CancellationToken cancellationToken) => AskAsync<IReadOnlyList<Member>>(async () =>
    {
        var response = await _client.MemberListAsync(new Etcd.MemberListRequest(), cancellationToken);
        return [.. response.Members.Select(Convert)];
    });

    /// <inheritdoc/>
    public Task<(ulong Id, IReadOnlyList<Member> Members)> MemberAddAsync(string raftAddress, bool isLearner, CancellationToken cancellationToken) =>
        AskAsync<(ulong, IReadOnlyList<Member>)>(async () =>
        {
            var request = new Etcd.MemberAddRequest { PeerURLs = { PeerUrlScheme + raftAddress }, IsLearner = isLearner };
            var response = await _client.MemberAddAsync(request, cancellationToken);
            return (response.Member.ID, [.. response.Members.Select(Convert)]);
        });

    /// <inheritdoc/>
    public Task<IReadOnlyList<Member>> MemberPromoteAsync(ulong id, CancellationToken cancellationToken) => AskAsync<IReadOnlyList<Member>>(async () =>
        [.. (await _client.MemberPromoteAsync(new Etcd.MemberPromoteRequest { ID = id }, cancellationToken)).Members.Select(Convert)]);

    /// <inheritdoc/>
    public Task<IReadOnlyList<Member>> MemberRemoveAsync(ulong id, CancellationToken cancellationToken) => AskAsync<IReadOnlyList<Member>>(async () =>
        [.. (await _client.MemberRemoveAsync(new Etcd.MemberRemoveRequest { ID = id }, cancellationToken)).Members.Select(Convert)]);

    /// <inheritdoc/>
    public Task MoveLeaderAsync(ulong target, CancellationToken cancellationToken) => AskAsync(() =>
        _client.MoveLeaderAsync(_client.Endpoints[0], new Etcd.MoveLeaderRequest { TargetID = target }, cancellationToken));

    /// <inheritdoc/>
    public Task<EndpointStatus> StatusAsync(CancellationToken cancellationToken) => AskAsync(async () =>
    {
        var response = await _client.StatusAsync(_client.Endpoints[0], cancellationToken);
        return new EndpointStatus
        {
            ClusterId = response.Header.ClusterId,
            MemberId = response.Header.MemberId,
            Leader = response.Leader,
            Term = response.RaftTerm,
            RaftIndex = response.RaftIndex,
            AppliedIndex = response.RaftAppliedIndex,
            Revision = response.Header.Revision,
            StoreBytes = response.DbSize,
            StoreBytesInUse = response.DbSizeInUse,
            IsLearner = response.IsLearner,
            Version = response.Version,
        };
    });

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    private static async Task<T> AskAsync<T>(Func<Task<T>> request)
    {
        try
        {
            return await request();
        }
        catch (EtcdException exception)
        {
            throw new RequestFailedException(Classify(exception), Describe(exception), exception);
        }
    }

    private static RequestFailure Classify(EtcdException exception) => exception.StatusCode switch
    {
        _ when exception.MayHaveHappened => RequestFailure.OutcomeUnknown,
        GrpcStatusCode.Unavailable or GrpcStatusCode.DeadlineExceeded => RequestFailure.Unavailable,
        GrpcStatusCode.ResourceExhausted => RequestFailure.Busy,
        GrpcStatusCode.InvalidArgument or GrpcStatusCode.OutOfRange or GrpcStatusCode.Unimplemented => RequestFailure.Refused,
        _ => RequestFailure.Failed,
    };

    private static string Describe(EtcdException exception) =>
        exception.Detail.Contains(exception.Endpoint.Authority, StringComparison.Ordinal)
            ? exception.Detail
            : $"{exception.Endpoint.Authority}: {exception.Detail}";

    private static ByteString Wrap(ReadOnlyMemory<byte> bytes) => UnsafeByteOperations.UnsafeWrap(bytes);

    private static ResponseHeader Convert(Etcd.ResponseHeader header) => new(header.ClusterId, header.MemberId, header.Revision, header.RaftTerm);

    private static KeyValue Convert(Mvcc.KeyValue pair) =>
        new(pair.Key.Memory, pair.Value.Memory, pair.CreateRevision, pair.ModRevision, pair.Version, pair.Lease);

    private static Member Convert(Etcd.Member member)
    {
        var peer = member.PeerURLs.FirstOrDefault() ?? "";
        var raftAddress = peer.StartsWith(PeerUrlScheme, StringComparison.Ordinal) ? peer[PeerUrlScheme.Length..] : peer;
        return new Member(member.ID, member.Name, raftAddress, [.. member.ClientURLs], member.IsLearner);
    }
}
