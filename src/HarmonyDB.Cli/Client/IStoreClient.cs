using HarmonyDB.Client;

namespace HarmonyDB.Cli.Client;

/// <summary>A cluster as the commands see it, over the network. Every request is bounded in time by the client.</summary>
/// <remarks>Safe for concurrent use. Failures are <see cref="RequestFailedException"/>.</remarks>
internal interface IStoreClient : IAsyncDisposable
{
    /// <summary>Stores a value under a key; completed when a quorum has it.</summary>
    Task<PutResult> PutAsync(PutRequest request, CancellationToken cancellationToken);

    /// <summary>Deletes a key or a range.</summary>
    Task<DeleteRangeResult> DeleteRangeAsync(DeleteRangeRequest request, CancellationToken cancellationToken);

    /// <summary>Reads a key or a range.</summary>
    Task<RangeResult> RangeAsync(RangeRequest request, CancellationToken cancellationToken);

    /// <summary>The members, as the replicated configuration has them.</summary>
    Task<IReadOnlyList<Member>> MemberListAsync(CancellationToken cancellationToken);

    /// <summary>What the endpoint that answers says of itself.</summary>
    Task<EndpointStatus> StatusAsync(CancellationToken cancellationToken);

    /// <summary>Adds a member. Gives its id and the members after it.</summary>
    Task<(ulong Id, IReadOnlyList<Member> Members)> MemberAddAsync(string raftAddress, bool isLearner, CancellationToken cancellationToken);

    /// <summary>Gives a learner a vote. Gives the members after it.</summary>
    Task<IReadOnlyList<Member>> MemberPromoteAsync(ulong id, CancellationToken cancellationToken);

    /// <summary>Removes a member. Gives the members after it.</summary>
    Task<IReadOnlyList<Member>> MemberRemoveAsync(ulong id, CancellationToken cancellationToken);

    /// <summary>Hands leadership over; the first endpoint must be the leader.</summary>
    Task MoveLeaderAsync(ulong target, CancellationToken cancellationToken);
}
