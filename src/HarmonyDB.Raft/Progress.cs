namespace HarmonyDB.Raft;

/// <summary>
/// What a leader knows of one peer's log. While probing it sends one AppendEntries and waits, to find where the logs agree; once they do it
/// replicates: sends ahead without waiting, within the bounds on what may be unanswered. A peer that needs what the log no longer holds
/// waits for a snapshot (Raft paper, sections 5.3 and 7; etcd's Progress).
/// </summary>
internal sealed class Progress(MemberId member, LogIndex next, TimeSpan now)
{
    private readonly Queue<(LogIndex LastIndex, long Bytes)> _inflight = new();
    private LogIndex _toldCommit;
    private bool _isInstalling;

    /// <summary>The peer.</summary>
    public MemberId Member { get; } = member;

    /// <summary>The last index that the peer asserted in this term to hold durably.</summary>
    public LogIndex Match { get; private set; }

    /// <summary>The next index to send. Always beyond <see cref="Match"/> (R43).</summary>
    public LogIndex Next { get; private set; } = next;

    /// <summary>How the peer is brought forward.</summary>
    public ProgressState State { get; private set; }

    /// <summary>Whether entries are sent ahead.</summary>
    public bool IsReplicating => State == ProgressState.Replicate;

    /// <summary>
    /// Where the configuration stands that removed this peer; zero while it is a member. It is sent entries until it knows that it is out (R5).
    /// </summary>
    public LogIndex RemovedAt { get; set; }

    /// <summary>When to stop telling a removed peer; it learns from others if it asks for votes.</summary>
    public TimeSpan RemovalDeadline { get; set; } = TimeSpan.MaxValue;

    /// <summary>Whether a probe is unanswered.</summary>
    public bool IsProbeSent { get; private set; }

    /// <summary>The highest heartbeat round that the peer has confirmed.</summary>
    public ulong ConfirmedRound { get; private set; }

    /// <summary>When a message of this term last came from the peer; at first, when the term began.</summary>
    public TimeSpan HeardAt { get; private set; } = now;

    /// <summary>The entries being read back for this peer.</summary>
    public LogRead? PendingRead { get; set; }

    /// <summary>Entries that were read back for this peer and not sent yet.</summary>
    public IReadOnlyList<Entry> ReadBack { get; set; } = [];

    /// <summary>How many AppendEntries with entries are unanswered.</summary>
    public int InflightAppends => _inflight.Count;

    /// <summary>How many bytes of entries are unanswered.</summary>
    public long InflightBytes { get; private set; }

    /// <summary>How many bytes of entries may be sent now; zero when none.</summary>
    public long Allowance(RaftOptions options)
    {
        if (State != ProgressState.Replicate)
        {
            return State == ProgressState.Snapshot || IsProbeSent ? 0 : options.MaximumAppendBytes;
        }
        var full = _inflight.Count >= options.MaximumInflightAppends;
        return full ? 0 : Math.Clamp(options.MaximumInflightBytes - InflightBytes, 0, options.MaximumAppendBytes);
    }

    /// <summary>Whether these entries fit the bounds on what may be unanswered; a single entry larger than a bound waits until nothing is.</summary>
    public bool CanSend(IReadOnlyList<Entry> entries, RaftOptions options) =>
        _inflight.Count == 0 || InflightBytes + SizeOf(entries) <= options.MaximumInflightBytes;

    /// <summary>Whether the peer is known to hold this entry and was told that it is committed.</summary>
    public bool Knows(LogIndex index) => Match >= index && _toldCommit >= index;

    /// <summary>Whether a message without entries would tell the peer of more that is committed.</summary>
    public bool CanLearn(LogIndex commit) => IsReplicating && LogIndex.Min(commit, Next.Previous) > _toldCommit;

    /// <summary>A message left that tells the peer what is committed. If it is lost, the next heartbeat tells again.</summary>
    public void Told(LogIndex commit) => _toldCommit = LogIndex.Max(_toldCommit, commit);

    /// <summary>An AppendEntries left.</summary>
    public void Sent(IReadOnlyList<Entry> entries, LogIndex commit)
    {
        var last = entries.Count > 0 ? entries[^1].Index : Next.Previous;
        Told(LogIndex.Min(commit, last));
        if (!IsReplicating)
        {
            // One that waits for a snapshot is sent nothing, but what was decided before it had to may still leave.
            IsProbeSent |= State == ProgressState.Probe;
            return;
        }
        if (entries.Count > 0)
        {
            var bytes = SizeOf(entries);
            Next = last.Next;
            _inflight.Enqueue((last, bytes));
            InflightBytes += bytes;
        }
        CheckOrder();
    }

    /// <summary>The peer holds everything up to here. Late and duplicate answers change nothing (R40).</summary>
    /// <param name="match">The last index that the peer asserts to hold durably.</param>
    /// <param name="firstIndex">The first index of the leader's log.</param>
    /// <returns>Whether <see cref="Match"/> moved.</returns>
    public bool Accepted(LogIndex match, LogIndex firstIndex)
    {
        var moved = match > Match;
        Match = LogIndex.Max(Match, match);
        Next = LogIndex.Max(Next, Match.Next);
        // One that waits for a snapshot goes on as soon as the log can continue from where it stands, however it got there. One that is installing
        // it may still answer something earlier.
        var isBehind = State == ProgressState.Snapshot ? match.Next < firstIndex : _isInstalling && match.Next < Next;
        if (!IsReplicating && match >= Match && !isBehind)
        {
            State = ProgressState.Replicate;
            IsProbeSent = false;
            _isInstalling = false;
            Next = Match.Next;
        }
        while (_inflight.TryPeek(out var oldest) && oldest.LastIndex <= Match)
        {
            InflightBytes -= oldest.Bytes;
            _inflight.Dequeue();
        }
        CheckOrder();
        return moved;
    }

    /// <summary>The peer refused the entries after <paramref name="refused"/>.</summary>
    /// <param name="refused">The index at which the logs differ.</param>
    /// <param name="possibleMatch">The highest index at which they may still agree.</param>
    /// <returns>Whether the refusal was news; a late one says nothing about what was sent since (R40).</returns>
    public bool Refused(LogIndex refused, LogIndex possibleMatch)
    {
        // While a snapshot is on its way or being installed, a refusal is of something sent before it.
        if (State == ProgressState.Snapshot || _isInstalling)
        {
            return false;
        }
        if (IsReplicating)
        {
            if (refused <= Match)
            {
                return false;
            }
            // Something sent ahead was lost or overtaken; everything up to Match is certain.
            Probe(Match.Next);
            return true;
        }
        if (Next.Previous != refused)
        {
            return false;
        }
        var next = LogIndex.Max(LogIndex.Min(refused, possibleMatch.Next), Match.Next);
        if (next >= Next)
        {
            // It refuses what it asserted to hold: its disk went back in time (R41). Asking the same again at once would never end.
            return false;
        }
        Probe(next);
        return true;
    }

    /// <summary>A message of this term came from the peer.</summary>
    public void Heard(TimeSpan now) => HeardAt = now;

    /// <summary>The peer needs a snapshot.</summary>
    public void AwaitSnapshot()
    {
        Probe(Next);
        State = ProgressState.Snapshot;
        PendingRead = null;
        ReadBack = [];
    }

    /// <summary>The peer's host has all of a snapshot up to this index; without an answer from the peer itself this is worth a probe.</summary>
    public void SnapshotSent(LogIndex index)
    {
        if (State == ProgressState.Snapshot)
        {
            Probe(LogIndex.Max(Match, index).Next);
            // The answer to the installation is on its way; the next heartbeat's answer probes if it gets lost.
            IsProbeSent = true;
            _isInstalling = true;
        }
    }

    /// <summary>The peer did not get the snapshot. It is asked for again after the next sign of life.</summary>
    public void SnapshotFailed()
    {
        if (State == ProgressState.Snapshot)
        {
            Probe(Match.Next);
            IsProbeSent = true;
        }
    }

    /// <summary>The peer answered a heartbeat: it is alive, so a probe that got no answer may be repeated.</summary>
    public void Confirmed(ulong round)
    {
        ConfirmedRound = Math.Max(ConfirmedRound, round);
        IsProbeSent = false;
        _isInstalling = false;
    }

    private void Probe(LogIndex next)
    {
        State = ProgressState.Probe;
        IsProbeSent = false;
        _isInstalling = false;
        Next = next;
        _toldCommit = LogIndex.Min(_toldCommit, Match);
        _inflight.Clear();
        InflightBytes = 0;
        CheckOrder();
    }

    private static long SizeOf(IReadOnlyList<Entry> entries)
    {
        var bytes = 0L;
        foreach (var entry in entries)
        {
            bytes += entry.SizeBytes;
        }
        return bytes;
    }

    private void CheckOrder() => Invariant.Check(Next > Match, $"Next {Next} of {Member} is not beyond match {Match}.");
}
