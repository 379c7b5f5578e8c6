using HarmonyDB.Raft.Messages;

namespace HarmonyDB.Raft.Roles;

/// <summary>Grants votes, takes entries from the leader of the term, forwards reads to it, and stands for election when it falls silent.</summary>
internal sealed class Follower(RaftNode node) : RoleBehavior(node)
{
    private readonly ReadIndexQueue _reads = new(node.Options.MaximumPendingReads);
    private TimeSpan _electionDeadline;
    private TimeSpan _forwardDeadline;
    private ulong _forwardedRound;

    /// <inheritdoc/>
    public override Role Role => Role.Follower;

    /// <inheritdoc/>
    public override TimeSpan Deadline => _reads.HasRound && _forwardDeadline < _electionDeadline ? _forwardDeadline : _electionDeadline;

    /// <inheritdoc/>
    public override void Enter() => _electionDeadline = Node.NextElectionDeadline();

    /// <inheritdoc/>
    public override void Leave() => _reads.FailAll(Node.Outbox);

    /// <inheritdoc/>
    public override void Tick()
    {
        if (Node.Now >= _electionDeadline)
        {
            if (Node.TryStandForElection())
            {
                return;
            }
            // One that may not stand waits on, but no longer sends anyone to a leader that is silent.
            _electionDeadline = Node.NextElectionDeadline();
            Node.Leader = MemberId.None;
            _reads.FailAll(Node.Outbox);
        }
        if (_reads.HasRound && Node.Now >= _forwardDeadline)
        {
            ForwardReads();
        }
    }

    /// <inheritdoc/>
    public override void Step(RaftMessage message)
    {
        switch (message)
        {
            case RequestVote vote when Node.Ballot.Answer(vote):
                _electionDeadline = Node.NextElectionDeadline();
                break;
            case TimeoutNow when message.From == Node.Leader:
                OnTimeoutNow();
                break;
            case AppendEntries append when FollowsLeader(append):
                OnAppendEntries(append);
                break;
            case Heartbeat heartbeat when FollowsLeader(heartbeat):
                OnHeartbeat(heartbeat);
                break;
            case InstallSnapshot install when FollowsLeader(install):
                OnInstallSnapshot(install);
                break;
            case ReadIndexResponse response when response.From == Node.Leader:
                OnReadIndexResponse(response);
                break;
            case ReadIndexRequest request:
                RefuseRead(request);
                break;
        }
    }

    /// <inheritdoc/>
    public override ReadIndexStatus ReadIndex(ulong requestId, bool mayUseLease)
    {
        if (Node.Leader.IsNone)
        {
            return ReadIndexStatus.NoLeader;
        }
        if (!_reads.TryAdd(new ReadRequest(requestId, MemberId.None)))
        {
            return ReadIndexStatus.TooManyPending;
        }
        if (!_reads.HasRound)
        {
            ForwardReads();
        }
        return ReadIndexStatus.Accepted;
    }

    private void OnTimeoutNow()
    {
        if (!Node.Ballot.CanStand)
        {
            Node.Drop(DropReason.CannotStand);
            return;
        }
        // The leader has given up its claim: neither its followers' patience nor a pre-vote stands between it and its successor.
        Node.Campaign(isLeadershipTransfer: true);
    }

    private bool FollowsLeader(RaftMessage message)
    {
        if (!Node.Leader.IsNone && Node.Leader != message.From)
        {
            Node.Drop(DropReason.SecondLeader);
            return false;
        }
        Node.Leader = message.From;
        Node.Ballot.LeaderHeard();
        _electionDeadline = Node.NextElectionDeadline();
        return true;
    }

    private void OnAppendEntries(AppendEntries message)
    {
        if (message.PrevLogIndex < Log.FirstIndex.Previous)
        {
            // What is no longer in the log is committed, so the leader has it too; let it go on from there.
            Accept(message.From, Log.Commit);
            return;
        }
        if (!Log.Matches(message.PrevLogIndex, message.PrevLogTerm))
        {
            Refuse(message);
            return;
        }
        if (Log.UndurableBytes > Node.Options.MaximumTailBytes)
        {
            Node.Drop(DropReason.Overloaded);
            return;
        }
        var known = CountKnown(message.Entries);
        if (!ConfigurationChange.TryDecode(Node.Options.ConfigurationCodec, message.Entries, known, out var configurations))
        {
            Node.Drop(DropReason.UnreadableConfiguration);
            return;
        }
        var lastIndex = message.PrevLogIndex + (ulong)message.Entries.Count;
        if (known < message.Entries.Count)
        {
            var first = message.Entries[known].Index;
            if (first <= Log.Commit)
            {
                Node.Drop(DropReason.ConflictsWithCommitted);
                return;
            }
            if (first <= Log.LastIndex)
            {
                Node.TruncateFrom(first);
            }
            for (var i = known; i < message.Entries.Count; i++)
            {
                Node.Append(message.Entries[i], message.Entries[i].Kind == EntryKind.Configuration ? configurations!.Dequeue() : null);
            }
        }
        // Only up to the entries of this message are the logs known to agree (Raft paper, figure 2).
        Node.CommitTo(LogIndex.Min(message.LeaderCommit, lastIndex));
        Accept(message.From, lastIndex);
    }

    // A late or duplicate message may bring what is here already, followed by more: truncating that would lose what came after it (R40).
    private int CountKnown(IReadOnlyList<Entry> entries)
    {
        var known = 0;
        while (known < entries.Count && Log.Matches(entries[known].Index, entries[known].Term))
        {
            known++;
        }
        return known;
    }

    private void OnInstallSnapshot(InstallSnapshot message)
    {
        var snapshot = message.Snapshot;
        if (snapshot.Index > Log.Commit)
        {
            if (Log.Matches(snapshot.Index, snapshot.Term))
            {
                // The log holds everything that the snapshot includes, and more may follow: nothing has to be replaced (Raft paper, figure 13, step 6).
                Node.CommitTo(snapshot.Index);
            }
            else
            {
                Node.Install(snapshot);
            }
        }
        Accept(message.From, Log.Commit);
    }

    private void Accept(MemberId leader, LogIndex match) => Node.Outbox.SendAfterFlush(
        new AppendEntriesResponse(Node.Id, leader, Node.Term, true, match, LogIndex.Zero, Term.Zero));

    private void Refuse(AppendEntries message)
    {
        if (message.PrevLogIndex <= Log.Commit)
        {
            Node.Drop(DropReason.ConflictsWithCommitted);
            return;
        }
        var conflict = Log.HighestPossibleMatch(message.PrevLogIndex, message.PrevLogTerm);
        Log.TryTermAt(conflict, out var conflictTerm);
        Node.Outbox.SendAfterFlush(
            new AppendEntriesResponse(Node.Id, message.From, Node.Term, false, message.PrevLogIndex, conflict, conflictTerm));
    }

    private void OnHeartbeat(Heartbeat message)
    {
        if (message.LeaderCommit > Log.LastIndex)
        {
            // The leader heard from this member that it holds these entries, and they are gone. Confirming anything more would be a lie (R41).
            Node.Drop(DropReason.CommitBeyondLast);
            return;
        }
        Node.CommitTo(message.LeaderCommit);
        Node.Outbox.Send(new HeartbeatResponse(Node.Id, message.From, Node.Term, message.Round));
    }

    private void ForwardReads()
    {
        _forwardedRound = Node.NextForwardedRound();
        _reads.StartRound(_forwardedRound, LogIndex.Zero);
        _forwardDeadline = Node.Now + Node.Options.HeartbeatInterval;
        Node.Outbox.Send(new ReadIndexRequest(Node.Id, Node.Leader, Node.Term, _forwardedRound));
    }

    private void OnReadIndexResponse(ReadIndexResponse message)
    {
        if (message.RequestId > _forwardedRound)
        {
            return;
        }
        while (_reads.TryComplete(message.RequestId, out _, out var requests))
        {
            if (message.Rejected)
            {
                ReadIndexQueue.Fail(requests, Node.Outbox);
                continue;
            }
            foreach (var request in requests)
            {
                Node.Outbox.Answer(new ReadState(request.RequestId, message.Index));
            }
        }
        if (_reads.HasWaiting && !_reads.HasRound)
        {
            ForwardReads();
        }
    }
}
