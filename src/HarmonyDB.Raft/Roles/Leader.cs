using HarmonyDB.Raft.Messages;

namespace HarmonyDB.Raft.Roles;

/// <summary>Orders entries, replicates them, decides what is committed, and answers for its leadership when somebody wants to read.</summary>
internal sealed class Leader : RoleBehavior
{
    private readonly Replication _replication;
    private readonly Authority _authority;
    private readonly LeadershipTransfer _transfer;
    private readonly ReadIndexQueue _reads;
    private readonly Queue<(LogIndex Index, long Bytes)> _uncommitted = new();
    private long _uncommittedBytes;
    private TimeSpan _heartbeatDeadline;
    private bool _hasLostVote;

    /// <summary>Creates the role.</summary>
    public Leader(RaftNode node)
        : base(node)
    {
        _replication = new Replication(node);
        _authority = new Authority(node, _replication.Peers);
        _transfer = new LeadershipTransfer(node, _replication.Peers, _authority);
        _reads = new ReadIndexQueue(node.Options.MaximumPendingReads);
    }

    /// <inheritdoc/>
    public override Role Role => Role.Leader;

    /// <inheritdoc/>
    public override TimeSpan Deadline
    {
        get
        {
            var deadline = Earlier(_heartbeatDeadline, Earlier(_transfer.Deadline, HandOverAt));
            return Node.Options.CheckQuorum ? Earlier(deadline, _authority.LostAt) : deadline;
        }
    }

    /// <inheritdoc/>
    public override bool HasWork => _replication.IsDue || _hasLostVote;

    /// <inheritdoc/>
    public override bool LeadsWithQuorum => _authority.IsConfirmedOfLate;

    /// <summary>To whom leadership is being handed; <see cref="MemberId.None"/> when to nobody.</summary>
    public MemberId TransferTarget => _transfer.Target;

    /// <summary>How the peers stand.</summary>
    public IReadOnlyList<PeerStatus> Peers => _replication.Statuses;

    // Where nobody could take over, leading with a disk that stands still is no worse than not leading.
    private TimeSpan HandOverAt => Node.IsOnlyVoter ? TimeSpan.MaxValue : Node.DiskStallsAt;

    private bool HasCommittedInOwnTerm => Log.TryTermAt(Log.Commit, out var term) && term == Node.Term;

    /// <inheritdoc/>
    public override void Enter()
    {
        _replication.Reconfigure();
        _heartbeatDeadline = Node.Now + Node.Options.HeartbeatInterval;
        // What it holds of earlier terms counts too, as far as it is in memory: leading again and again without a commit must not add up (R59).
        foreach (var entry in Log.Slice(LogIndex.Max(Log.Commit.Next, Log.TailFirstIndex), Log.LastIndex.Next, long.MaxValue))
        {
            CountUncommitted(entry);
        }
        // Earlier terms' entries are committed only along with one of this term (Raft paper, section 5.4.2, R28), so it needs one at once.
        Append(EntryKind.Noop, ReadOnlyMemory<byte>.Empty, null);
    }

    /// <inheritdoc/>
    public override void Leave() => _reads.FailAll(Node.Outbox);

    /// <inheritdoc/>
    public override void Tick()
    {
        if (Node.Now >= HandOverAt)
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
        _replication.Find(message.From)?.Heard(Node.Now);
        switch (message)
        {
            case AppendEntries or Heartbeat or InstallSnapshot:
                Node.Drop(DropReason.SecondLeader);
                break;
            case RequestVote vote:
                Node.Ballot.Answer(vote);
                break;
            case ReadIndexRequest request:
                OnReadIndexRequest(request);
                break;
            case AppendEntriesResponse response when _replication.Find(response.From) is { } peer:
                if (_replication.Answered(peer, response))
                {
                    AdvanceCommit();
                }
                _transfer.Urge(peer);
                break;
            case HeartbeatResponse response when _replication.Find(response.From) is { } peer:
                _replication.Confirmed(peer, Math.Min(response.Round, _authority.Round));
                _authority.Confirmed();
                CompleteReads();
                _transfer.Urge(peer);
                break;
        }
    }

    /// <inheritdoc/>
    public override ProposeResult Propose(ReadOnlyMemory<byte> payload)
    {
        var refusal = Refusal(payload);
        return refusal == ProposeStatus.Accepted
            ? new ProposeResult(ProposeStatus.Accepted, Append(EntryKind.Command, payload, null), Node.Term, Node.Id)
            : Refuse(refusal);
    }

    /// <inheritdoc/>
    public override ProposeResult ProposeConfiguration(Configuration target)
    {
        var refusal = Refusal(target.Payload);
        if (refusal == ProposeStatus.Accepted)
        {
            refusal = Refusal(target);
        }
        if (refusal != ProposeStatus.Accepted)
        {
            return Refuse(refusal);
        }
        var current = Node.Configuration;
        var next = ConfigurationChange.IsSimple(current, target) ? target : ConfigurationChange.Join(Node.Options.ConfigurationCodec, current, target);
        return new ProposeResult(ProposeStatus.Accepted, AppendConfiguration(next), Node.Term, Node.Id);
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
    public override void EntriesRead(LogRead request, IReadOnlyList<Entry> entries) => _replication.EntriesRead(request, entries);

    /// <inheritdoc/>
    public override void SnapshotSent(MemberId peer, LogIndex index) => _replication.Find(peer)?.SnapshotSent(index);

    /// <inheritdoc/>
    public override void SnapshotFailed(MemberId peer) => _replication.Find(peer)?.SnapshotFailed();

    /// <inheritdoc/>
    public override void PrepareReady()
    {
        _replication.Send();
        if (_hasLostVote)
        {
            // The change that took this member's vote is committed, and the others are being told: it has no more business leading (R15).
            HandOver();
        }
    }

    private ProposeStatus Refusal(ReadOnlyMemory<byte> payload)
    {
        if (_hasLostVote)
        {
            return ProposeStatus.NotLeader;
        }
        if (payload.Length > Node.Options.MaximumEntryBytes)
        {
            return ProposeStatus.TooLarge;
        }
        if (!_transfer.Target.IsNone)
        {
            return ProposeStatus.TransferInProgress;
        }
        // One proposal always fits, or a large one could never be made. What waits for this member's own disk is bounded too: with a slow disk
        // here and fast ones elsewhere, entries are committed long before they may leave memory.
        var bytes = (long)payload.Length + Entry.OverheadBytes;
        var maximum = Node.Options.MaximumUncommittedBytes;
        var tooMany = Log.LastIndex.Value - Log.Commit.Value >= (ulong)Node.Options.MaximumUncommittedEntries;
        return tooMany || (_uncommittedBytes > 0 && _uncommittedBytes + bytes > maximum) || Log.UndurableBytes > maximum
            ? ProposeStatus.TooManyUncommitted
            : ProposeStatus.Accepted;
    }

    private ProposeStatus Refusal(Configuration target)
    {
        if (target.IsEmpty || target.IsJoint)
        {
            return ProposeStatus.IllegalConfiguration;
        }
        // An earlier term's change may still be lost or come back; only a commit in the own term settles which configuration this one replaces (R1).
        if (!HasCommittedInOwnTerm)
        {
            return ProposeStatus.NoCommitInOwnTerm;
        }
        if (Node.Configuration.IsJoint || Node.ConfigurationIndex > Log.Commit)
        {
            return ProposeStatus.ConfigurationInFlight;
        }
        foreach (var voter in target.Voters)
        {
            if (!Node.Configuration.IsVoter(voter) && !_replication.HasCaughtUp(voter))
            {
                return ProposeStatus.NotCaughtUp;
            }
        }
        return ProposeStatus.Accepted;
    }

    private ProposeResult Refuse(ProposeStatus status) =>
        new(status, LogIndex.Zero, Node.Term, status == ProposeStatus.NotLeader ? MemberId.None : Node.Id);

    private LogIndex AppendConfiguration(Configuration configuration)
    {
        var index = Append(EntryKind.Configuration, configuration.Payload, configuration);
        _replication.Reconfigure();
        _authority.Reconfigured();
        // With fewer voters, what is in the log may be committed already.
        AdvanceCommit();
        return index;
    }

    private LogIndex Append(EntryKind kind, ReadOnlyMemory<byte> payload, Configuration? configuration)
    {
        var entry = new Entry(Log.LastIndex.Next, Node.Term, kind, payload);
        Node.Append(entry, configuration);
        CountUncommitted(entry);
        _replication.IsDue = true;
        return entry.Index;
    }

    private void CountUncommitted(Entry entry)
    {
        _uncommitted.Enqueue((entry.Index, entry.SizeBytes));
        _uncommittedBytes += entry.SizeBytes;
    }

    // ---- Commitment

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
        _replication.IsDue = true;
        FollowConfiguration();
        StartReadRound();
    }

    // A joint configuration is left as soon as it is committed, whoever proposed it, and not before: only then is no majority of the old voters
    // enough any more (Raft paper, section 6, R4).
    private void FollowConfiguration()
    {
        if (Node.ConfigurationIndex > Log.Commit)
        {
            return;
        }
        if (Node.Configuration.IsJoint)
        {
            AppendConfiguration(ConfigurationChange.Leave(Node.Options.ConfigurationCodec, Node.Configuration));
        }
        else
        {
            _hasLostVote = !Node.Configuration.IsVoter(Node.Id);
        }
    }

    private LogIndex DurableAt(MemberId member) => member == Node.Id ? Log.DurableIndex : _replication.Find(member)?.Match ?? LogIndex.Zero;

    // ---- Heartbeats and reads

    private void OnReadIndexRequest(ReadIndexRequest message)
    {
        if (_replication.Find(message.From) is null)
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
        _replication.SendHeartbeats(_authority.Round);
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

    // Because the disk has not completed a write for so long that this member holds up everybody (R38), or because it is no voter any more (R15).
    // Whoever is best prepared takes over at once instead of after an election timeout; if nobody is, the timeouts decide.
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
