using HarmonyDB.Raft.Messages;

namespace HarmonyDB.Raft.Roles;

/// <summary>Orders entries, replicates them, decides what is committed, and answers for its leadership when somebody wants to read.</summary>
internal sealed class Leader : RoleBehavior
{
    private readonly List<Progress> _peers = [];
    private readonly Authority _authority;
    private readonly LeadershipTransfer _transfer;
    private readonly ReadIndexQueue _reads;
    private readonly Queue<(LogIndex Index, long Bytes)> _uncommitted = new();
    private long _uncommittedBytes;
    private TimeSpan _heartbeatDeadline;
    private bool _replicationDue;

    /// <summary>Creates the role.</summary>
    public Leader(RaftNode node)
        : base(node)
    {
        _authority = new Authority(node, _peers);
        _transfer = new LeadershipTransfer(node, _peers, _authority);
        _reads = new ReadIndexQueue(node.Options.MaximumPendingReads);
    }

    /// <inheritdoc/>
    public override Role Role => Role.Leader;

    /// <inheritdoc/>
    public override TimeSpan Deadline
    {
        get
        {
            var deadline = Earlier(_heartbeatDeadline, Earlier(_transfer.Deadline, Node.DiskStallsAt));
            return Node.Options.CheckQuorum ? Earlier(deadline, _authority.LostAt) : deadline;
        }
    }

    /// <inheritdoc/>
    public override bool HasWork => _replicationDue;

    /// <inheritdoc/>
    public override bool LeadsWithQuorum => _authority.IsConfirmedOfLate;

    /// <summary>To whom leadership is being handed; <see cref="MemberId.None"/> when to nobody.</summary>
    public MemberId TransferTarget => _transfer.Target;

    /// <summary>How the peers stand.</summary>
    public IReadOnlyList<PeerStatus> Peers =>
        [.. _peers.Select(peer => new PeerStatus(peer.Member, peer.Match, peer.Next, peer.IsReplicating, peer.InflightAppends, peer.InflightBytes))];

    private bool HasCommittedInOwnTerm => Log.TryTermAt(Log.Commit, out var term) && term == Node.Term;

    /// <inheritdoc/>
    public override void Enter()
    {
        foreach (var member in Node.Configuration.Members)
        {
            if (member != Node.Id)
            {
                _peers.Add(new Progress(member, Log.LastIndex.Next, Node.Now));
            }
        }
        _heartbeatDeadline = Node.Now + Node.Options.HeartbeatInterval;
        // Earlier terms' entries are committed only along with one of this term (Raft paper, section 5.4.2, R28), so it needs one at once.
        Append(EntryKind.Noop, ReadOnlyMemory<byte>.Empty);
    }

    /// <inheritdoc/>
    public override void Leave() => _reads.FailAll(Node.Outbox);

    /// <inheritdoc/>
    public override void Tick()
    {
        if (Node.IsDiskStalled && !Node.IsOnlyVoter)
        {
            HandOver();
            return;
        }
        if (Node.Options.CheckQuorum && Node.Now >= _authority.LostAt)
        {
            // Others may lead already; its clients must not wait here for what cannot be committed (R16, R35).
            Node.GiveUp();
            return;
        }
        _transfer.Tick();
        if (Node.Now >= _heartbeatDeadline)
        {
            SendHeartbeats();
        }
    }

    /// <inheritdoc/>
    public override void Step(RaftMessage message)
    {
        FindPeer(message.From)?.Heard(Node.Now);
        switch (message)
        {
            case AppendEntries or Heartbeat:
                Node.Drop(DropReason.SecondLeader);
                break;
            case RequestVote vote:
                Node.Ballot.Answer(vote);
                break;
            case ReadIndexRequest request:
                OnReadIndexRequest(request);
                break;
            case AppendEntriesResponse response when FindPeer(response.From) is { } peer:
                OnAppendEntriesResponse(peer, response);
                break;
            case HeartbeatResponse response when FindPeer(response.From) is { } peer:
                OnHeartbeatResponse(peer, response);
                break;
        }
    }

    /// <inheritdoc/>
    public override ProposeResult Propose(ReadOnlyMemory<byte> payload)
    {
        if (payload.Length > Node.Options.MaximumEntryBytes)
        {
            return new ProposeResult(ProposeStatus.TooLarge, LogIndex.Zero, Node.Term, Node.Id);
        }
        if (!_transfer.Target.IsNone)
        {
            return new ProposeResult(ProposeStatus.TransferInProgress, LogIndex.Zero, Node.Term, Node.Id);
        }
        // One proposal always fits, or a large one could never be made. What waits for this member's own disk is bounded too: with a slow disk
        // here and fast ones elsewhere, entries are committed long before they may leave memory.
        var bytes = (long)payload.Length + Entry.OverheadBytes;
        var maximum = Node.Options.MaximumUncommittedBytes;
        var tooMany = Log.LastIndex.Value - Log.Commit.Value >= (ulong)Node.Options.MaximumUncommittedEntries;
        if (tooMany || (_uncommittedBytes > 0 && _uncommittedBytes + bytes > maximum) || Log.UndurableBytes > maximum)
        {
            return new ProposeResult(ProposeStatus.TooManyUncommitted, LogIndex.Zero, Node.Term, Node.Id);
        }
        return new ProposeResult(ProposeStatus.Accepted, Append(EntryKind.Command, payload), Node.Term, Node.Id);
    }

    /// <inheritdoc/>
    public override ReadIndexStatus ReadIndex(ulong requestId, bool mayUseLease)
    {
        if (mayUseLease && HasCommittedInOwnTerm && _authority.HasLease)
        {
            // Whatever was acknowledged before this moment was committed by this member: nobody else can have led since.
            Node.Outbox.Answer(new ReadState(requestId, Log.Commit));
            return ReadIndexStatus.Accepted;
        }
        if (!_reads.TryAdd(new ReadRequest(requestId, MemberId.None)))
        {
            return ReadIndexStatus.TooManyPending;
        }
        StartReadRound();
        return ReadIndexStatus.Accepted;
    }

    /// <inheritdoc/>
    public override TransferResult TransferLeadership(MemberId? target)
    {
        var successor = target ?? (_transfer.Target.IsNone ? _transfer.FindSuccessor() : _transfer.Target);
        return successor.IsNone && target is null
            ? new TransferResult(TransferStatus.NotReady, MemberId.None)
            : _transfer.Start(successor);
    }

    /// <inheritdoc/>
    public override void Persisted() => AdvanceCommit();

    /// <inheritdoc/>
    public override void EntriesRead(LogRead request, IReadOnlyList<Entry> entries)
    {
        if (FindPeer(request.Peer) is not { } peer || peer.PendingRead?.Id != request.Id)
        {
            return;
        }
        Log.CheckRead(request, entries);
        peer.PendingRead = null;
        peer.ReadBack = entries;
        // After an empty answer asking again at once would spin; the next heartbeat's answer asks again.
        _replicationDue |= entries.Count > 0;
    }

    /// <inheritdoc/>
    public override void PrepareReady()
    {
        _replicationDue = false;
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
    }

    private LogIndex Append(EntryKind kind, ReadOnlyMemory<byte> payload)
    {
        var entry = new Entry(Log.LastIndex.Next, Node.Term, kind, payload);
        Node.Append(entry, null);
        _uncommitted.Enqueue((entry.Index, entry.SizeBytes));
        _uncommittedBytes += entry.SizeBytes;
        _replicationDue = true;
        return entry.Index;
    }

    private Progress? FindPeer(MemberId member)
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

    // ---- Replication

    private void OnAppendEntriesResponse(Progress peer, AppendEntriesResponse message)
    {
        if (message.MatchIndex > Log.LastIndex)
        {
            Node.Drop(DropReason.MatchBeyondLast);
            return;
        }
        if (!message.Success)
        {
            var possibleMatch = Log.HighestPossibleMatch(message.ConflictIndex, message.ConflictTerm);
            _replicationDue |= peer.Refused(message.MatchIndex, possibleMatch);
            return;
        }
        if (peer.Accepted(message.MatchIndex))
        {
            AdvanceCommit();
        }
        _transfer.Urge(peer);
        _replicationDue |= peer.Match < Log.LastIndex || peer.CanLearn(Log.Commit);
    }

    private void OnHeartbeatResponse(Progress peer, HeartbeatResponse message)
    {
        peer.Confirmed(Math.Min(message.Round, _authority.Round));
        _authority.Confirmed();
        CompleteReads();
        _transfer.Urge(peer);
        // Sending is at most once, so anything may be missing at a peer that is behind. If there is nothing new to send, an empty AppendEntries
        // after the last one sent makes it either assert that it has all of them or refuse.
        if (peer.Match < Log.LastIndex && !TrySendEntries(peer) && peer.PendingRead is null)
        {
            SendAppend(peer, []);
        }
    }

    private bool TrySendEntries(Progress peer)
    {
        var allowance = peer.Allowance(Node.Options);
        if (allowance == 0 || peer.PendingRead is not null || peer.Next > Log.LastIndex || !Log.TryTermAt(peer.Next.Previous, out _))
        {
            return false;
        }
        var entries = peer.ReadBack;
        peer.ReadBack = [];
        if (entries.Count == 0 || entries[0].Index != peer.Next)
        {
            if (peer.Next < Log.TailFirstIndex)
            {
                peer.PendingRead = new LogRead(Node.NextLogReadId(), peer.Next, Log.TailFirstIndex, allowance, peer.Member);
                Node.Outbox.Read(peer.PendingRead);
                return false;
            }
            entries = Log.Slice(peer.Next, Log.LastIndex.Next, allowance);
        }
        if (!peer.CanSend(entries, Node.Options))
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
        // Without the term of the entry before, nothing can be compared: the peer is behind the start of the log.
        if (Log.TryTermAt(peer.Next.Previous, out var previousTerm))
        {
            Node.Outbox.Send(new AppendEntries(Node.Id, peer.Member, Node.Term, peer.Next.Previous, previousTerm, entries, Log.Commit));
            peer.Sent(entries, Log.Commit);
        }
    }

    private void AdvanceCommit()
    {
        var reached = new LogIndex(Quorum.Reached(Node.Configuration, this, static (leader, member) => leader.DurableAt(member).Value));
        // Counting replicas commits entries of the own term only; those before follow along (R28). An entry of an earlier term may be on a
        // majority and still be replaced by a leader that never saw it.
        if (reached <= Log.Commit || !Log.Matches(reached, Node.Term))
        {
            return;
        }
        Node.CommitTo(reached);
        while (_uncommitted.TryPeek(out var oldest) && oldest.Index <= reached)
        {
            _uncommittedBytes -= oldest.Bytes;
            _uncommitted.Dequeue();
        }
        _replicationDue = true;
        StartReadRound();
    }

    private LogIndex DurableAt(MemberId member) => member == Node.Id ? Log.DurableIndex : FindPeer(member)?.Match ?? LogIndex.Zero;

    // ---- Heartbeats and reads

    private void OnReadIndexRequest(ReadIndexRequest message)
    {
        if (FindPeer(message.From) is null)
        {
            RefuseRead(message);
            return;
        }
        // When too many wait already the request is dropped: the follower asks again.
        if (_reads.TryAdd(new ReadRequest(message.RequestId, message.From)))
        {
            StartReadRound();
        }
    }

    private void StartReadRound()
    {
        // Until an entry of its own term is committed a leader does not know what its predecessors committed (R17).
        if (_reads.HasWaiting && !_reads.HasRound && HasCommittedInOwnTerm)
        {
            SendHeartbeats();
        }
    }

    private void SendHeartbeats()
    {
        _heartbeatDeadline = Node.Now + Node.Options.HeartbeatInterval;
        _authority.StartRound();
        if (HasCommittedInOwnTerm)
        {
            _reads.StartRound(_authority.Round, Log.Commit);
        }
        foreach (var peer in _peers)
        {
            var commit = LogIndex.Min(Log.Commit, peer.Match);
            Node.Outbox.Send(new Heartbeat(Node.Id, peer.Member, Node.Term, commit, _authority.Round));
            peer.Told(commit);
        }
        _authority.Confirmed();
        CompleteReads();
    }

    private void CompleteReads()
    {
        var confirmed = _authority.ConfirmedRound;
        while (_reads.TryComplete(confirmed, out var index, out var requests))
        {
            foreach (var request in requests)
            {
                AnswerRead(request, index);
            }
        }
        StartReadRound();
    }

    private void AnswerRead(ReadRequest request, LogIndex index)
    {
        if (request.From.IsNone)
        {
            Node.Outbox.Answer(new ReadState(request.RequestId, index));
            return;
        }
        Node.Outbox.Send(new ReadIndexResponse(Node.Id, request.From, Node.Term, request.RequestId, index, false));
    }

    // ---- Giving up

    // The disk has not completed a write for so long that this member holds up everybody (R38). Whoever is best prepared takes over at once
    // instead of after an election timeout; if nobody is, the timeouts decide.
    private void HandOver()
    {
        var successor = _transfer.FindSuccessor();
        if (!successor.IsNone)
        {
            Node.Outbox.Send(new TimeoutNow(Node.Id, successor, Node.Term));
        }
        Node.GiveUp();
    }

    private static TimeSpan Earlier(TimeSpan left, TimeSpan right) => left < right ? left : right;
}
