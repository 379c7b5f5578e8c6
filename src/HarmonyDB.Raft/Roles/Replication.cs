using HarmonyDB.Raft.Messages;

namespace HarmonyDB.Raft.Roles;

/// <summary>
/// A leader brings its peers forward: what each is sent next, and what its answers say (Raft paper, sections 5.3 and 7). The peers are the members of
/// the configuration in force, and for a while those that it removed.
/// </summary>
internal sealed class Replication(RaftNode node)
{
    private readonly List<Progress> _peers = [];

    /// <summary>The peers.</summary>
    public IReadOnlyList<Progress> Peers => _peers;

    /// <summary>How the peers stand.</summary>
    public IReadOnlyList<PeerStatus> Statuses =>
        [.. _peers.Select(peer => new PeerStatus(peer.Member, peer.Match, peer.Next, peer.State, peer.InflightAppends, peer.InflightBytes)
        {
            HeardAt = peer.HeardAt,
        })];

    /// <summary>Whether <see cref="Send"/> has something to do.</summary>
    public bool IsDue { get; set; }

    private RaftLog Log => node.Log;

    /// <summary>The progress of a peer, or null when it is none.</summary>
    public Progress? Find(MemberId member)
    {
        foreach (var peer in _peers)
        {
            if (peer.Member == member)
            {
                return peer;
            }
        }
        return null;
    }

    /// <summary>Follows the configuration in force. Who is in it no more is still told so (R5).</summary>
    public void Reconfigure()
    {
        foreach (var peer in _peers)
        {
            var isMember = node.Configuration.IsMember(peer.Member);
            if (isMember)
            {
                peer.RemovedAt = LogIndex.Zero;
                peer.RemovalDeadline = TimeSpan.MaxValue;
            }
            else if (peer.RemovedAt == LogIndex.Zero)
            {
                peer.RemovedAt = node.ConfigurationIndex;
            }
        }
        foreach (var member in node.Configuration.Members)
        {
            if (member != node.Id && Find(member) is null)
            {
                _peers.Add(new Progress(member, Log.LastIndex.Next, node.Now));
            }
        }
        IsDue = true;
    }

    /// <summary>Whether a member may become a voter: it follows closely (Raft dissertation, section 4.2.1).</summary>
    public bool HasCaughtUp(MemberId member) =>
        member == node.Id || (Find(member) is { IsReplicating: true } peer && peer.RemovedAt == LogIndex.Zero &&
            peer.Match + (ulong)node.Options.MaximumPromotionLagEntries >= Log.LastIndex);

    /// <summary>A peer answered an AppendEntries.</summary>
    /// <returns>Whether it holds more than it was known to.</returns>
    public bool Answered(Progress peer, AppendEntriesResponse message)
    {
        if (message.MatchIndex > Log.LastIndex)
        {
            node.Drop(DropReason.MatchBeyondLast);
            return false;
        }
        if (!message.Success)
        {
            if (peer.State == ProgressState.Probe && message.MatchIndex == peer.Match && peer.Next == peer.Match.Next && peer.Match > LogIndex.Zero)
            {
                node.Drop(DropReason.AssertedEntriesLost);
            }
            var possibleMatch = Log.HighestPossibleMatch(message.ConflictIndex, message.ConflictTerm);
            IsDue |= peer.Refused(message.MatchIndex, possibleMatch);
            return false;
        }
        var moved = peer.Accepted(message.MatchIndex, Log.FirstIndex);
        IsDue |= peer.Match < Log.LastIndex || peer.CanLearn(Log.Commit) || peer.RemovedAt > LogIndex.Zero;
        return moved;
    }

    /// <summary>A peer answered a heartbeat: it is alive.</summary>
    public void Confirmed(Progress peer, ulong round)
    {
        peer.Confirmed(round);
        // Sending is at most once, so anything may be missing at a peer that is behind. If there is nothing new to send, an empty AppendEntries
        // after the last one sent makes it either assert that it has all of them or refuse.
        if (peer.Match < Log.LastIndex && !TrySendEntries(peer) && peer.PendingRead is null && peer.State != ProgressState.Snapshot)
        {
            SendAppend(peer, []);
        }
    }

    /// <summary>Entries for a peer were read back.</summary>
    public void EntriesRead(LogRead request, IReadOnlyList<Entry> entries)
    {
        if (Find(request.Peer) is not { } peer || peer.PendingRead?.Id != request.Id)
        {
            return;
        }
        peer.PendingRead = null;
        if (request.From < Log.FirstIndex)
        {
            // The log was compacted in the meantime: the peer needs a snapshot now.
            IsDue = true;
            return;
        }
        Log.CheckRead(request, entries);
        peer.ReadBack = entries;
        // After an empty answer asking again at once would spin; the next heartbeat's answer asks again.
        IsDue |= entries.Count > 0;
    }

    /// <summary>Sends what can be sent now.</summary>
    public void Send()
    {
        IsDue = false;
        foreach (var peer in _peers)
        {
            while (TrySendEntries(peer))
            {
            }
            if (peer.CanLearn(Log.Commit))
            {
                SendAppend(peer, []);
            }
        }
        DropRemoved();
    }

    /// <summary>Sends each peer a heartbeat.</summary>
    public void SendHeartbeats(ulong round)
    {
        foreach (var peer in _peers)
        {
            var commit = LogIndex.Min(Log.Commit, peer.Match);
            node.Outbox.Send(new Heartbeat(node.Id, peer.Member, node.Term, commit, round));
            peer.Told(commit);
        }
        DropRemoved();
    }

    private bool TrySendEntries(Progress peer)
    {
        if (peer.State == ProgressState.Snapshot || peer.Next > Log.LastIndex)
        {
            return false;
        }
        if (peer.Next < Log.FirstIndex)
        {
            RequestSnapshot(peer);
            return false;
        }
        var allowance = peer.Allowance(node.Options);
        if (allowance == 0 || peer.PendingRead is not null)
        {
            return false;
        }
        var entries = peer.ReadBack;
        peer.ReadBack = [];
        if (entries.Count == 0 || entries[0].Index != peer.Next)
        {
            if (peer.Next < Log.TailFirstIndex)
            {
                peer.PendingRead = new LogRead(node.NextLogReadId(), peer.Next, Log.TailFirstIndex, allowance, peer.Member);
                node.Outbox.Read(peer.PendingRead);
                return false;
            }
            entries = Log.Slice(peer.Next, Log.LastIndex.Next, allowance);
        }
        if (!peer.CanSend(entries, node.Options))
        {
            // What was read back is kept for when it fits; reading it again and again would not make room.
            peer.ReadBack = peer.Next < Log.TailFirstIndex ? entries : [];
            return false;
        }
        SendAppend(peer, entries);
        return true;
    }

    private void SendAppend(Progress peer, IReadOnlyList<Entry> entries)
    {
        // Without the term of the entry before nothing can be compared, and term zero would match anything (R42).
        if (Log.TryTermAt(peer.Next.Previous, out var previousTerm))
        {
            node.Outbox.Send(new AppendEntries(node.Id, peer.Member, node.Term, peer.Next.Previous, previousTerm, entries, Log.Commit));
            peer.Sent(entries, Log.Commit);
        }
    }

    // A member that was removed needs no state; it learns of its removal when it asks for votes. And before a sign of life a probe is on its way.
    private void RequestSnapshot(Progress peer)
    {
        if (peer.RemovedAt == LogIndex.Zero && !peer.IsProbeSent)
        {
            peer.AwaitSnapshot();
            node.Outbox.Request(new SnapshotRequest(peer.Member, Log.FirstIndex.Previous, node.Term));
        }
    }

    private void DropRemoved()
    {
        for (var i = _peers.Count - 1; i >= 0; i--)
        {
            var peer = _peers[i];
            if (peer.RemovedAt == LogIndex.Zero || Log.Commit < peer.RemovedAt)
            {
                continue;
            }
            if (peer.RemovalDeadline == TimeSpan.MaxValue)
            {
                peer.RemovalDeadline = node.Now + node.Options.ElectionTimeoutMaximum;
            }
            if (peer.Knows(peer.RemovedAt) || node.Now >= peer.RemovalDeadline)
            {
                _peers.RemoveAt(i);
            }
        }
    }
}
