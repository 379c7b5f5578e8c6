using HarmonyDB.Cli.Client;
using HarmonyDB.Client;

namespace HarmonyDB.Cli.Tests;

/// <summary>A cluster in memory that keeps to etcd's rules for ranges and revisions, and fails on demand.</summary>
internal sealed class FakeStoreClient : IStoreClient
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<byte[], KeyValue> _keys =
        new(Comparer<byte[]>.Create((left, right) => left.AsSpan().SequenceCompareTo(right)));

    private long _revision = 1;
    private int _attempts;

    public Func<int, RequestFailedException?> FailAttempt { get; set; } = _ => null;

    public EndpointStatus? Status { get; set; } = new()
    {
        ClusterId = 1,
        MemberId = 0xa1,
        Leader = 0xa1,
        Term = 3,
        RaftIndex = 12,
        AppliedIndex = 11,
        Revision = 9,
        StoreBytes = 65536,
        StoreBytesInUse = 4096,
        IsLearner = false,
        Version = "3.5.0",
    };

    public List<Member> Members { get; } = [new Member(0xa1, "n1", "127.0.0.1:4053", ["http://127.0.0.1:2379"], IsLearner: false)];

    public List<RangeRequest> RangeRequests { get; } = [];

    public int Attempts => _attempts;

    public int Count => _keys.Count;

    private ResponseHeader Header => new(1, 0xa1, _revision, 3);

    public string? ValueOf(string key) => _keys.TryGetValue(Bytes(key), out var pair) ? System.Text.Encoding.UTF8.GetString(pair.Value.Span) : null;

    public FakeStoreClient With(string key, byte[] value)
    {
        Put(Bytes(key), value);
        return this;
    }

    public FakeStoreClient With(string key, string value) => With(key, Bytes(value));

    public async Task<PutResult> PutAsync(PutRequest request, CancellationToken cancellationToken)
    {
        await Task.Yield();
        FailIfWanted();
        lock (_lock)
        {
            Put(request.Key.ToArray(), request.Value.ToArray());
            return new PutResult(Header, null);
        }
    }

    public Task<DeleteRangeResult> DeleteRangeAsync(DeleteRangeRequest request, CancellationToken cancellationToken)
    {
        FailIfWanted();
        var found = Find(request.Key.ToArray(), request.RangeEnd.ToArray());
        found.ForEach(pair => _keys.Remove(pair.Key.ToArray()));
        _revision += found.Count > 0 ? 1 : 0;
        return Task.FromResult(new DeleteRangeResult(Header, found.Count, []));
    }

    public Task<RangeResult> RangeAsync(RangeRequest request, CancellationToken cancellationToken)
    {
        FailIfWanted();
        RangeRequests.Add(request);
        var found = Find(request.Key.ToArray(), request.RangeEnd.ToArray());
        var limited = request.Limit == 0 ? found : found.Take((int)request.Limit).ToList();
        List<KeyValue> shown = request.CountOnly ? [] : request.KeysOnly ? limited.ConvertAll(pair => pair with { Value = default }) : limited;
        return Task.FromResult(new RangeResult(Header, shown, limited.Count < found.Count, found.Count));
    }

    public Task<IReadOnlyList<Member>> MemberListAsync(CancellationToken cancellationToken)
    {
        FailIfWanted();
        return Task.FromResult<IReadOnlyList<Member>>(Members);
    }

    public Task<EndpointStatus> StatusAsync(CancellationToken cancellationToken) =>
        Task.FromResult(Status ?? throw new RequestFailedException(RequestFailure.Unavailable, "connection refused"));

    /// <summary>Whether a member that is added has a vote at once, as after it has caught up.</summary>
    public bool PromotesAtOnce { get; set; } = true;

    public List<ulong> Moves { get; } = [];

    public Task<(ulong Id, IReadOnlyList<Member> Members)> MemberAddAsync(string raftAddress, bool isLearner, CancellationToken cancellationToken)
    {
        FailIfWanted();
        ulong id = Members.Max(m => m.Id) + 1;
        Members.Add(new Member(id, "", raftAddress, [], isLearner || !PromotesAtOnce));
        return Task.FromResult<(ulong, IReadOnlyList<Member>)>((id, Members));
    }

    public Task<IReadOnlyList<Member>> MemberPromoteAsync(ulong id, CancellationToken cancellationToken)
    {
        FailIfWanted();
        int index = Members.FindIndex(m => m.Id == id);
        Members[index] = Members[index] with { IsLearner = false };
        return Task.FromResult<IReadOnlyList<Member>>(Members);
    }

    public Task<IReadOnlyList<Member>> MemberRemoveAsync(ulong id, CancellationToken cancellationToken)
    {
        FailIfWanted();
        Members.RemoveAll(m => m.Id == id);
        return Task.FromResult<IReadOnlyList<Member>>(Members);
    }

    public Task MoveLeaderAsync(ulong target, CancellationToken cancellationToken)
    {
        FailIfWanted();
        Moves.Add(target);
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static byte[] Bytes(string text) => System.Text.Encoding.UTF8.GetBytes(text);

    private void FailIfWanted()
    {
        if (FailAttempt(Interlocked.Increment(ref _attempts)) is { } failure)
        {
            throw failure;
        }
    }

    private void Put(byte[] key, byte[] value)
    {
        _revision++;
        _keys[key] = _keys.TryGetValue(key, out var old)
            ? old with { Value = value, ModRevision = _revision, Version = old.Version + 1 }
            : new KeyValue(key, value, _revision, _revision, 1, 0);
    }

    private List<KeyValue> Find(byte[] key, byte[] end) => [.. _keys.Where(pair =>
        end.Length == 0
            ? pair.Key.AsSpan().SequenceEqual(key)
            : pair.Key.AsSpan().SequenceCompareTo(key) >= 0 && (end is [0] || pair.Key.AsSpan().SequenceCompareTo(end) < 0))
        .Select(pair => pair.Value)];
}
