namespace HarmonyDB.Client;

/// <summary>The database as its users see it. The same in every node of a cluster; a request may be given to any of them.</summary>
/// <remarks>
/// Safe for use from any thread. Memory passed in is copied before a method returns its task. Every failure is a
/// <see cref="HarmonyException"/>, whose <see cref="HarmonyException.MayHaveHappened"/> says whether a write may have taken effect.
/// </remarks>
public interface IHarmonyDb
{
    /// <summary>Stores a value under a key.</summary>
    /// <returns>After the write is committed by a quorum, flushed there, and applied on the leader: it survives the loss of a minority.</returns>
    /// <exception cref="InvalidRequestException">The key is empty, or key or value is over its limit.</exception>
    /// <exception cref="RequestTimeoutException">No leader was found before the deadline; nothing happened.</exception>
    /// <exception cref="OutcomeUnknownException">The leader that had it fell, or did not answer in time: it may or may not have happened.</exception>
    Task<PutResult> PutAsync(PutRequest request, CancellationToken cancellationToken = default);

    /// <summary>Deletes a key, or all keys of a range.</summary>
    /// <inheritdoc cref="PutAsync" path="/returns"/>
    /// <inheritdoc cref="PutAsync" path="/exception"/>
    Task<DeleteRangeResult> DeleteRangeAsync(DeleteRangeRequest request, CancellationToken cancellationToken = default);

    /// <summary>Reads a key, or the keys of a range in key order. Linearizable unless <see cref="RangeRequest.Serializable"/>.</summary>
    /// <exception cref="InvalidRequestException">The request contradicts itself.</exception>
    /// <exception cref="RequestTimeoutException">Leadership could not be confirmed before the deadline.</exception>
    Task<RangeResult> RangeAsync(RangeRequest request, CancellationToken cancellationToken = default);

    /// <summary>What this node knows of itself and of its cluster. Never waits for other nodes.</summary>
    Task<NodeStatus> StatusAsync(CancellationToken cancellationToken = default);
}
