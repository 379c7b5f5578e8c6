namespace HarmonyDB.Raft;

/// <summary>A leader's view of one peer (etcd's Progress), for status pages and tests.</summary>
/// <param name="Member">The peer.</param>
/// <param name="Match">The last index that the peer is known to hold durably.</param>
/// <param name="Next">The next index to send it; always beyond <paramref name="Match"/>.</param>
/// <param name="State">How it is brought forward.</param>
/// <param name="InflightAppends">How many AppendEntries with entries are unanswered.</param>
/// <param name="InflightBytes">How many bytes of entries are unanswered.</param>
public sealed record PeerStatus(MemberId Member, LogIndex Match, LogIndex Next, ProgressState State, int InflightAppends, long InflightBytes)
{
    /// <summary>When the leader last heard from the peer, on the clock of <see cref="RaftNode.Tick"/>.</summary>
    public TimeSpan HeardAt { get; init; }
}
