namespace HarmonyDB.Raft.Messages;

/// <summary>
/// The answer to <see cref="RequestPreVote"/>. It carries two terms, as etcd's does: the voter's own, so that one with an outdated term learns the
/// current one from a refusal instead of asking for ever (R29, R33), and the one asked about, so that a voter whose own term is behind can be
/// counted (R32) and a late answer cannot. A promise of nothing: needs no flush.
/// </summary>
/// <param name="From">The sender.</param>
/// <param name="To">The receiver.</param>
/// <param name="Term">The voter's term; may be zero, and on either side of the asker's.</param>
/// <param name="CandidateTerm">The term that was asked about.</param>
/// <param name="VoteGranted">Whether the voter would grant its vote now.</param>
public sealed record RequestPreVoteResponse(MemberId From, MemberId To, Term Term, Term CandidateTerm, bool VoteGranted)
    : RaftMessage(From, To, Term);
