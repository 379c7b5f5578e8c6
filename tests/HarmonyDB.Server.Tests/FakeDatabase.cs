using HarmonyDB.Client;

namespace HarmonyDB.Server.Tests;

/// <summary>A database in memory, alone in its cluster, that can be told to fail or to hang.</summary>
internal sealed class FakeDatabase : IHarmonyDb
{
    private readonly object _gate = new();
    private readonly SortedDictionary<byte[], KeyValue> _keys = new(Comparer<byte[]>.Create((x, y) => x.AsSpan().SequenceCompareTo(y)));
    private long _revision = 1;
    private int _requests;

    /// <summary>What each request but status ends with.</summary>
    public Exception? Failure { get; set; }

    /// <summary>What each request but status waits for.</summary>
    public Func<CancellationToken, Task> Wait { get; set; } = _ => Task.CompletedTask;

    public ulong Leader { get; set; } = 7;

    public RangeRequest? LastRange { get; private set; }

    /// <summary>Requests that arrived, status not counted.</summary>
    public int Requests => Volatile.Read(ref _requests);

    private ResponseHeader Header => new(0xC1, 7, _revision, 3);

    public async Task<PutResult> PutAsync(PutRequest request, CancellationToken cancellationToken = default)
    {
        await EnterAsync(request.Key, cancellationToken);
        lock (_gate)
        {
            var key = request.Key.ToArray();
            _keys.TryGetValue(key, out var previous);
            _revision++;
            _keys[key] = new KeyValue(key, request.Value.ToArray(), previous?.CreateRevision ?? _revision, _revision, (previous?.Version ?? 0) + 1, 0);
            return new PutResult(Header, request.PreviousKeyValue ? previous : null);
        }
    }

    public async Task<DeleteRangeResult> DeleteRangeAsync(DeleteRangeRequest request, CancellationToken cancellationToken = default)
    {
        await EnterAsync(request.Key, cancellationToken);
        lock (_gate)
        {
            var found = Find(request.Key, request.RangeEnd);
            foreach (var keyValue in found)
            {
                _keys.Remove(keyValue.Key.ToArray());
            }

            _revision += found.Count > 0 ? 1 : 0;
            return new DeleteRangeResult(Header, found.Count, request.PreviousKeyValues ? found : []);
        }
    }

    public async Task<RangeResult> RangeAsync(RangeRequest request, CancellationToken cancellationToken = default)
    {
        LastRange = request;
        await EnterAsync(request.Key, cancellationToken);
        lock (_gate)
        {
            var found = Find(request.Key, request.RangeEnd);
            var taken = request.CountOnly ? [] : request.Limit > 0 ? found.Take((int)request.Limit).ToList() : found;
            return new RangeResult(
                Header,
                request.KeysOnly ? [.. taken.Select(keyValue => keyValue with { Value = default })] : taken,
                !request.CountOnly && taken.Count < found.Count,
                found.Count);
        }
    }

    public Task<NodeStatus> StatusAsync(CancellationToken cancellationToken = default) => Task.FromResult(new NodeStatus
    {
        Header = Header,
        Name = "n1",
        Role = "Leader",
        Leader = Leader,
        RaftIndex = 12,
        CommitIndex = 11,
        AppliedIndex = 10,
        StoreBytes = 8192,
        StoreBytesInUse = 4096,
        Members =
        [
            new Member(7, "n1", "127.0.0.1:4053", ["http://127.0.0.1:2379"], false),
            new Member(8, "n2", "127.0.0.1:4054", ["http://127.0.0.1:2380"], true),
        ],
    });

    /// <summary>Changes of members that arrived, as text.</summary>
    public List<string> Changes { get; } = [];

    public Task<MemberChangeResult> AddMemberAsync(AddMemberRequest request, CancellationToken cancellationToken = default) => ChangeAsync($"{request}", 8);

    public Task<MemberChangeResult> PromoteMemberAsync(ulong memberId, CancellationToken cancellationToken = default) => ChangeAsync($"promote {memberId}", memberId);

    public Task<MemberChangeResult> RemoveMemberAsync(ulong memberId, CancellationToken cancellationToken = default) => ChangeAsync($"remove {memberId}", memberId);

    public Task<MemberChangeResult> UpdateMemberAsync(ulong memberId, string raftAddress, CancellationToken cancellationToken = default) =>
        ChangeAsync($"update {memberId} {raftAddress}", memberId);

    public Task MoveLeaderAsync(ulong memberId, CancellationToken cancellationToken = default) => ChangeAsync($"move {memberId}", memberId);

    private async Task<MemberChangeResult> ChangeAsync(string change, ulong memberId)
    {
        Changes.Add(change);
        return Failure is null ? new MemberChangeResult(Header, memberId, (await StatusAsync()).Members) : throw Failure;
    }

    private async Task EnterAsync(ReadOnlyMemory<byte> key, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _requests);
        await Wait(cancellationToken);
        if (Failure is not null)
        {
            throw Failure;
        }

        if (key.IsEmpty)
        {
            throw new InvalidRequestException(InvalidRequestReason.EmptyKey, "The key is empty.");
        }
    }

    private List<KeyValue> Find(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> rangeEnd)
    {
        var toTheLast = rangeEnd.Length == 1 && rangeEnd.Span[0] == 0;
        return [.. _keys.Values.Where(keyValue => rangeEnd.IsEmpty
            ? keyValue.Key.Span.SequenceEqual(key.Span)
            : keyValue.Key.Span.SequenceCompareTo(key.Span) >= 0 && (toTheLast || keyValue.Key.Span.SequenceCompareTo(rangeEnd.Span) < 0))];
    }
}
