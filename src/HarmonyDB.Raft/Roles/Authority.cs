namespace HarmonyDB.Raft.Roles;

/// <summary>
/// What entitles a leader to act for the cluster: which heartbeat rounds a quorum has confirmed, when a quorum was last heard from (Raft
/// dissertation, section 6.2), and the lease that follows from it (section 6.4.1).
/// </summary>
internal sealed class Authority(RaftNode node, IReadOnlyList<Progress> peers)
{
    private readonly Queue<(ulong Round, TimeSpan SentAt)> _unconfirmed = new();
    private TimeSpan? _leaseFrom;
    private bool _leaseForfeited;

    /// <summary>The number of the last round of heartbeats; rounds count up from 1 and are never repeated (R18).</summary>
    public ulong Round { get; private set; }

    /// <summary>The last round that a quorum has confirmed, this member included.</summary>
    public ulong ConfirmedRound =>
        Quorum.Reached(node.Configuration, this, static (authority, member) => authority.ConfirmedBy(member));

    /// <summary>The last moment by which a quorum had been heard from, this member included.</summary>
    public TimeSpan QuorumHeardAt =>
        TimeSpan.FromTicks((long)Quorum.Reached(node.Configuration, this, static (authority, member) => authority.HeardFrom(member)));

    /// <summary>When a leader that hears from nobody any more must give up: by then each of its followers will have stood for election itself.</summary>
    public TimeSpan LostAt => QuorumHeardAt + node.Options.ElectionTimeoutMaximum;

    /// <summary>Whether a quorum was heard so lately that it surely still follows.</summary>
    public bool IsConfirmedOfLate => node.Now - QuorumHeardAt < node.Options.ElectionTimeoutMinimum;

    /// <summary>
    /// Whether no other leader can exist now: a quorum that answered heartbeats sent at some moment withholds its votes for the minimum election
    /// timeout from then on, and that has not passed even if the clocks drift apart as far as they may.
    /// </summary>
    public bool HasLease => _leaseFrom is { } from && !_leaseForfeited && node.Now - from < node.Options.LeaseDuration;

    /// <summary>A round of heartbeats leaves.</summary>
    public void StartRound()
    {
        Round++;
        if (node.Options.LeaseReads)
        {
            _unconfirmed.Enqueue((Round, node.Now));
        }
    }

    /// <summary>Peers have answered: extends the lease to what the last confirmed round allows, counted from when that round was sent.</summary>
    public void Confirmed()
    {
        var confirmed = ConfirmedRound;
        while (_unconfirmed.TryPeek(out var round) && round.Round <= confirmed)
        {
            _leaseFrom = round.SentAt;
            _unconfirmed.Dequeue();
        }
    }

    /// <summary>
    /// A member is asked to stand for election against this one: from now on votes are not withheld. For good, because the message that asks it
    /// may arrive long after the transfer was given up here.
    /// </summary>
    public void ForfeitLease() => _leaseForfeited = true;

    /// <summary>
    /// Another configuration is in force. Rounds sent before do not extend the lease any more: those who confirm them need not be a quorum of it.
    /// </summary>
    public void Reconfigured()
    {
        _unconfirmed.Clear();
        _leaseFrom = null;
    }

    private ulong ConfirmedBy(MemberId member)
    {
        var confirmed = member == node.Id ? Round : 0;
        foreach (var peer in peers)
        {
            confirmed = peer.Member == member ? peer.ConfirmedRound : confirmed;
        }
        return confirmed;
    }

    private ulong HeardFrom(MemberId member)
    {
        var heard = member == node.Id ? node.Now : TimeSpan.Zero;
        foreach (var peer in peers)
        {
            heard = peer.Member == member ? peer.HeardAt : heard;
        }
        return (ulong)Math.Max(0, heard.Ticks);
    }
}
