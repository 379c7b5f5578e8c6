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

    /// <summary>
    /// Adds a member, first as a learner. A node with a blank data folder, <c>harmony.cluster.join = on</c> and this raft address then becomes it.
    /// </summary>
    /// <returns>After the change is committed.</returns>
    /// <exception cref="MembershipException">The change is refused; the reason says why, and nothing happened.</exception>
    /// <exception cref="RequestTimeoutException">No leader took it before the deadline; nothing happened.</exception>
    /// <exception cref="OutcomeUnknownException">The leader that had it fell, or did not answer in time: it may or may not have happened.</exception>
    Task<MemberChangeResult> AddMemberAsync(AddMemberRequest request, CancellationToken cancellationToken = default);

    /// <summary>Makes a learner that has caught up a voter.</summary>
    /// <inheritdoc cref="AddMemberAsync" path="/returns"/>
    /// <inheritdoc cref="AddMemberAsync" path="/exception"/>
    Task<MemberChangeResult> PromoteMemberAsync(ulong memberId, CancellationToken cancellationToken = default);

    /// <summary>Removes a member for good: its id is never given again, and its node stops when it learns of it.</summary>
    /// <inheritdoc cref="AddMemberAsync" path="/returns"/>
    /// <inheritdoc cref="AddMemberAsync" path="/exception"/>
    Task<MemberChangeResult> RemoveMemberAsync(ulong memberId, CancellationToken cancellationToken = default);

    /// <summary>Changes where a member's peers reach it. Learner or voter, it stays what it is.</summary>
    /// <inheritdoc cref="AddMemberAsync" path="/returns"/>
    /// <inheritdoc cref="AddMemberAsync" path="/exception"/>
    Task<MemberChangeResult> UpdateMemberAsync(ulong memberId, string raftAddress, CancellationToken cancellationToken = default);

    /// <summary>Hands leadership over. Only the leader itself can be asked.</summary>
    /// <param name="memberId">The voter that is to lead; 0 for whichever takes over soonest.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>After the other leads.</returns>
    /// <exception cref="MembershipException">This node does not lead, the target cannot, or it did not take over in time.</exception>
    Task MoveLeaderAsync(ulong memberId, CancellationToken cancellationToken = default);
}
