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
}
