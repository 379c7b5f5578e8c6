using System.Diagnostics.CodeAnalysis;
using HarmonyDB.Raft.Messages;
using HarmonyDB.Raft.Roles;

namespace HarmonyDB.Raft;

/// <summary>
/// One member of a Raft cluster: a state machine without clock, threads or I/O. The host tells it what happens (<see cref="Step"/>,
/// <see cref="Tick"/>, <see cref="Propose"/>, <see cref="Persisted"/> …) and carries out what it decides (<see cref="TakeReady"/>). The same
/// calls in the same order always have the same outcome. Not thread-safe: one caller at a time. After an
/// <see cref="InvariantViolationException"/> the node must not be used any more.
/// </summary>
public sealed class RaftNode
{
    private readonly IRandomSource _random;
    private readonly ConfigurationHistory _configurations;
    private readonly Membership _membership;
    private readonly Applying _applying;
    private readonly Dictionary<DropReason, long> _dropped = [];
    private RoleBehavior _behavior;
    private HardState _emittedHardState;
    private (Role Role, Term Term, MemberId Leader) _emittedRole;
    private ulong _readyNumber;
    private ulong _logReadId;
    private ulong _forwardedRound;
    private SnapshotMetadata? _snapshot;
    private bool _removalEmitted;

    /// <summary>Starts a member from what is on its disk. It starts as a follower without a leader.</summary>
    /// <param name="options">Its settings.</param>
    /// <param name="restore">What is on its disk.</param>
    /// <param name="random">Its own source of randomness, not shared with other members.</param>
    /// <param name="now">The time on the monotonic clock that <see cref="Tick"/> will use.</param>
    /// <exception cref="ArgumentException">The settings cannot work.</exception>
    /// <exception cref="InvariantViolationException">The disk contradicts itself, for example lost entries that were committed (R41, R58).</exception>
    public RaftNode(RaftOptions options, RaftRestore restore, IRandomSource random, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(restore);
        ArgumentNullException.ThrowIfNull(random);
        options.Validate();
        Options = options;
        Log = new RaftLog(restore, options.MaximumTailBytes);
        Now = now;
        Term = restore.HardState.Term;
        Vote = restore.HardState.Vote;
        _random = random;
        _configurations = new ConfigurationHistory(restore);
        _configurations.AppliedTo(restore.Applied);
        _membership = new Membership(this, _configurations);
        _membership.CommittedTo(Log.Commit);
        _applying = new Applying(options, Log, restore.Applied);
        _emittedHardState = restore.HardState;
        // A question asked before a restart in the same term must not be mistaken for one asked after it (R18).
        _forwardedRound = random.NextUInt64() >> 1;
        Ballot = new Ballot(this);
        _behavior = new Follower(this);
        _behavior.Enter();
        _emittedRole = CurrentRole;
    }

    /// <summary>This member.</summary>
    public MemberId Id => Options.Id;

    /// <summary>What it is doing.</summary>
    public Role Role => _behavior.Role;

    /// <summary>The latest term it has seen. Never falls.</summary>
    public Term Term { get; private set; }

    /// <summary>The leader of its term, or <see cref="MemberId.None"/> when unknown.</summary>
    public MemberId Leader { get; internal set; }

    /// <summary>The last index known to be committed. Never falls.</summary>
    public LogIndex Commit => Log.Commit;

    /// <summary>The last index that the host has reported as applied.</summary>
    public LogIndex Applied => _applying.Applied;

    /// <summary>The last index in the log, durable or not.</summary>
    public LogIndex LastIndex => Log.LastIndex;

    /// <summary>The first index that the log can read back. What came before it is in snapshots only.</summary>
    public LogIndex FirstIndex => Log.FirstIndex;

    /// <summary>The configuration in force: the newest in the log, committed or not (Raft paper, section 6).</summary>
    public Configuration Configuration => _configurations.Current;

    /// <summary>
    /// Where that configuration stands in the log; zero when it did not come from there. A change is in flight while this is beyond <see cref="Commit"/>
    /// or the configuration is joint.
    /// </summary>
    public LogIndex ConfigurationIndex => _configurations.CurrentIndex;

    /// <summary>
    /// Whether this member knows that it was removed from the cluster, for good (R5): a committed configuration left it out, or another member told
    /// so. It then never stands for election. Not remembered across a restart.
    /// </summary>
    public bool IsRemoved => _membership.IsRemoved;

    /// <summary>When the next <see cref="Tick"/> has something to do. A tick that comes later is safe, one that comes earlier does nothing.</summary>
    public TimeSpan NextDeadline => _behavior.Deadline;

    /// <summary>How many messages were dropped, by reason; reasons that never occurred are absent.</summary>
    public IReadOnlyDictionary<DropReason, long> DroppedMessages => _dropped;

    /// <summary>
    /// To whom this leader is handing leadership, from <see cref="TransferLeadership()"/> until it is over; otherwise <see cref="MemberId.None"/>.
    /// </summary>
    public MemberId TransferTarget => _behavior is Leader leader ? leader.TransferTarget : MemberId.None;

    /// <summary>Whether a write has been under way for two of the longest election timeouts: then this member neither keeps nor seeks leadership (R38).</summary>
    public bool IsDiskStalled => Now >= DiskStallsAt;

    /// <summary>A leader's view of its peers; empty on others.</summary>
    public IReadOnlyList<PeerStatus> Peers => _behavior is Leader leader ? leader.Peers : [];

    /// <summary>Whether <see cref="TakeReady"/> would return anything.</summary>
    public bool HasReady =>
        _behavior.HasWork || !Outbox.IsEmpty || Log.EmittedIndex < Log.LastIndex || CurrentHardState != _emittedHardState ||
        _applying.HasEntries || _applying.NeedsRead || CurrentRole != _emittedRole || _snapshot is not null ||
        IsRemoved != _removalEmitted;

    internal RaftOptions Options { get; }

    internal RaftLog Log { get; }

    internal Outbox Outbox { get; } = new();

    internal Ballot Ballot { get; }

    internal TimeSpan Now { get; private set; }

    internal MemberId Vote { get; private set; }

    internal TimeSpan DiskStallsAt =>
        Log.Durability.FlushingSince is { } since ? since + (2 * Options.ElectionTimeoutMaximum) : TimeSpan.MaxValue;

    internal bool IsOnlyVoter => Configuration.Voters.Length == 1 && !Configuration.IsJoint && Configuration.IsVoter(Id);

    internal bool HasUnappliedConfiguration => _configurations.HasBetween(Applied, Commit);

    internal bool MayBeNeededToWin => _membership.MayBeNeededToWin;

    // The commit index is saved only as far as this disk holds the entries: written along with them, it could survive a torn write that they do not.
    private HardState CurrentHardState => new(Term, Vote, LogIndex.Max(_emittedHardState.Commit, LogIndex.Min(Log.Commit, Log.DurableIndex)));

    private bool IsAuthoritative => Options.CheckQuorum && _behavior.LeadsWithQuorum;

    private (Role Role, Term Term, MemberId Leader) CurrentRole => (Role, Term, Leader);

    /// <summary>
    /// Takes a message from a peer. Whatever a peer sends, this does not throw: a message for somebody else or one that breaks the protocol is
    /// dropped and counted in <see cref="DroppedMessages"/>, and a late or duplicate one has no effect. The time is what the last <see cref="Tick"/>
    /// said: a host that ticks at <see cref="NextDeadline"/> only should tick before each step, or a leader just heard counts as silent since.
    /// </summary>
    public void Step(RaftMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (message.To != Id)
        {
            Drop(DropReason.Misaddressed);
            return;
        }
        if (!MessageRules.IsWellFormed(message))
        {
            Drop(DropReason.Malformed);
            return;
        }
        if (message is RequestPreVote or RequestVote)
        {
            _membership.TellRemoved(message.From);
        }
        switch (message)
        {
            case MemberRemoved removed:
                if (_membership.Learned(removed))
                {
                    GiveUp();
                }
                return;
            case RequestPreVote preVote:
                Ballot.Answer(preVote, IsAuthoritative);
                return;
            case RequestPreVoteResponse:
                // Its term says where the voter stands, which need not be where this member is going.
                _behavior.Step(message);
                return;
            case RequestVote { IsLeadershipTransfer: false } when message.Term > Term && (Ballot.IsWithheld || IsAuthoritative):
                // Not even the term is taken over: a member that does not hear the leader, or no longer belongs here, must not depose it (R36).
                Drop(DropReason.LeaderAlive);
                return;
        }
        if (message.Term < Term)
        {
            OutdatedTerm.Answer(message, this);
            return;
        }
        if (message.Term > Term)
        {
            AdoptTerm(message.Term);
        }
        _behavior.Step(message);
    }

    /// <summary>Tells the time. Elections and heartbeats go by deadlines, so how often this is called decides only how punctual they are.</summary>
    /// <param name="now">The time on a monotonic clock.</param>
    /// <exception cref="ArgumentOutOfRangeException">Time went backwards.</exception>
    public void Tick(TimeSpan now)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(now, Now);
        Now = now;
        Ballot.Tick();
        _behavior.Tick();
    }

    /// <summary>Proposes a command to be appended to the log.</summary>
    /// <param name="payload">The command; kept by reference, so it must not be changed afterwards.</param>
    /// <returns>Whether it was appended, and where. Accepted is not committed: that shows in <see cref="Ready.CommittedEntries"/>.</returns>
    public ProposeResult Propose(ReadOnlyMemory<byte> payload) => _behavior.Propose(payload);

    /// <summary>
    /// Proposes another configuration: to add learners, promote, demote, remove or replace members, several at once, or to change what the payload says
    /// of them. A leader goes there in one step or through a joint configuration, which it leaves by itself once that is committed (Raft
    /// paper, section 6; etcd's automatic transition). The change is complete when the configuration is not joint and
    /// <see cref="ConfigurationIndex"/> is committed.
    /// </summary>
    /// <param name="payload">
    /// The encoded form of the whole configuration to reach, not joint. Kept by reference, so it must not be changed afterwards.
    /// </param>
    /// <returns>Whether it was appended, and where; only one change can be under way, and new voters must be learners that have caught up.</returns>
    /// <exception cref="FormatException">The payload is not a configuration.</exception>
    public ProposeResult ProposeConfiguration(ReadOnlyMemory<byte> payload) =>
        _behavior.ProposeConfiguration(Configuration.Decode(Options.ConfigurationCodec, payload));

    /// <summary>
    /// Asks for an index that a linearizable read must have applied (Raft dissertation, section 6.4). A leader asks its peers, a follower its
    /// leader; what is asked at about the same time shares one round.
    /// </summary>
    /// <param name="requestId">
    /// Names the question in <see cref="Ready.ReadStates"/> or <see cref="Ready.ReadFailures"/>, where each accepted one comes up once.
    /// </param>
    public ReadIndexStatus ReadIndex(ulong requestId) => _behavior.ReadIndex(requestId, mayUseLease: false);

    /// <summary>
    /// The same, at a known time, so that a leader with <see cref="RaftOptions.LeaseReads"/> can answer by its lease at once (Raft dissertation,
    /// section 6.4.1). Without a lease it asks a quorum as ever.
    /// </summary>
    /// <param name="requestId">Names the question.</param>
    /// <param name="now">The time on the monotonic clock, read after the question was asked: with an older one the answer could be stale (R22).</param>
    /// <exception cref="ArgumentOutOfRangeException">Time went backwards.</exception>
    public ReadIndexStatus ReadIndex(ulong requestId, TimeSpan now)
    {
        Tick(now);
        return _behavior.ReadIndex(requestId, mayUseLease: Options.LeaseReads);
    }

    /// <summary>
    /// Hands leadership to another voter (Raft dissertation, section 3.10). It is brought up to date first; meanwhile proposals are refused with
    /// <see cref="ProposeStatus.TransferInProgress"/>. Asking again for the same target changes nothing.
    /// </summary>
    /// <param name="target">The voter that is to lead.</param>
    public TransferResult TransferLeadership(MemberId target) => _behavior.TransferLeadership(target);

    /// <summary>
    /// Hands leadership to the voter with the most complete log of those heard of late, as before a graceful stop; <see cref="TransferStatus.NotReady"/>
    /// when there is none.
    /// </summary>
    public TransferResult TransferLeadership() => _behavior.TransferLeadership(null);

    /// <summary>Hands over everything decided since the last call. Each is to be carried out as <see cref="Ready"/> says.</summary>
    /// <exception cref="InvalidOperationException"><see cref="HasReady"/> is false.</exception>
    public Ready TakeReady()
    {
        if (!HasReady)
        {
            throw new InvalidOperationException("Nothing is ready.");
        }
        _behavior.PrepareReady();
        if (_applying.NeedsRead)
        {
            Outbox.Read(_applying.Read(NextLogReadId()));
        }
        var hardState = CurrentHardState;
        var hardStateChanged = hardState != _emittedHardState;
        var voteChanged = hardState.Term != _emittedHardState.Term || hardState.Vote != _emittedHardState.Vote;
        var entries = Log.TakeUnwritten();
        var snapshot = _snapshot;
        _snapshot = null;
        var mustFlush = voteChanged || entries.Count > 0 || snapshot is not null;
        _readyNumber++;
        if (hardStateChanged || entries.Count > 0 || snapshot is not null)
        {
            Log.Durability.Taken(_readyNumber, Log.LastIndex, hardState, mustFlush ? Now : null);
        }
        var ready = new Ready
        {
            Number = _readyNumber,
            HardState = hardStateChanged ? hardState : null,
            Snapshot = snapshot,
            Entries = entries,
            MustFlush = mustFlush,
            Messages = Outbox.TakeMessages(),
            MessagesAfterFlush = Outbox.TakeMessagesAfterFlush(),
            CommittedEntries = _applying.Take(),
            LogReads = Outbox.TakeLogReads(),
            SnapshotsToSend = Outbox.TakeSnapshotRequests(),
            WasRemoved = IsRemoved != _removalEmitted,
            ReadStates = Outbox.TakeReadStates(),
            ReadFailures = Outbox.TakeReadFailures(),
            RoleChanged = CurrentRole != _emittedRole,
        };
        _emittedHardState = hardState;
        _emittedRole = CurrentRole;
        _removalEmitted = IsRemoved;
        return ready;
    }

    /// <summary>Reports that everything of the Readys up to this number is durable. A number reported before has no effect.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No Ready with this number was taken.</exception>
    public void Persisted(ulong readyNumber)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(readyNumber, _readyNumber);
        if (readyNumber > Log.Durability.Number)
        {
            Log.Persisted(readyNumber);
            _behavior.Persisted();
        }
    }

    /// <summary>Reports that the state machine has applied the entries up to this index, or installed the snapshot that reaches it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index was not handed out yet, or lies before one reported earlier.</exception>
    public void AppliedTo(LogIndex index)
    {
        _applying.AppliedTo(index);
        _configurations.AppliedTo(index);
    }

    /// <summary>
    /// Reports that entries up to this index are gone from the log (Raft paper, section 7): a durable snapshot, or the state machine itself, includes them. A
    /// peer that still needs one of them will get a snapshot, so a host keeps a tail of what is applied. An index reported before has no effect.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is not applied yet.</exception>
    public void CompactedTo(LogIndex index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(index, Applied);
        Log.CompactTo(index);
    }

    /// <summary>
    /// Names a snapshot of what is applied up to an index: with the term of the last entry, and the configuration in force there, which may be older than
    /// <see cref="Configuration"/> (R7). False when the log or the configuration no longer reaches back to that index.
    /// </summary>
    /// <param name="index">The last entry that the snapshot includes; at most <see cref="Applied"/> and usually just that.</param>
    /// <param name="snapshot">The name, or null.</param>
    public bool TryDescribeSnapshot(LogIndex index, [NotNullWhen(true)] out SnapshotMetadata? snapshot)
    {
        snapshot = index <= Applied ? _configurations.Describe(index, Log) : null;
        return snapshot is not null;
    }

    /// <summary>
    /// Reports that the peer's host has all of a snapshot (etcd's ReportSnapshot): replication goes on after it. Without effect when the peer does not
    /// wait for one.
    /// </summary>
    /// <param name="peer">The peer of the <see cref="SnapshotRequest"/>.</param>
    /// <param name="index">The index that the snapshot reaches.</param>
    public void SnapshotSent(MemberId peer, LogIndex index) => _behavior.SnapshotSent(peer, index);

    /// <summary>
    /// Reports that a snapshot did not get to a peer that waits for one (etcd's ReportSnapshot). It is asked for again after the peer's next sign of life.
    /// </summary>
    /// <param name="peer">The peer of the <see cref="SnapshotRequest"/>.</param>
    public void SnapshotFailed(MemberId peer) => _behavior.SnapshotFailed(peer);

    /// <summary>Answers a question of <see cref="Ready.LogReads"/>. One that is no longer of interest is ignored.</summary>
    /// <param name="request">The question.</param>
    /// <param name="entries">Contiguous entries from its first index on; may be empty only for a peer's question, when they cannot be read now.</param>
    /// <exception cref="InvariantViolationException">The entries are not those of this member's log, or committed ones are missing.</exception>
    public void EntriesRead(LogRead request, IReadOnlyList<Entry> entries)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(entries);
        if (request.Peer.IsNone)
        {
            _applying.EntriesRead(request, entries);
            return;
        }
        _behavior.EntriesRead(request, entries);
    }

    internal bool TryStandForElection()
    {
        // Its own vote is a vote too: it is not given while a leader that was promised patience may rely on it.
        if (!Ballot.CanStand || Ballot.IsWithheld)
        {
            return false;
        }
        if (!Options.PreVote)
        {
            Campaign(isLeadershipTransfer: false);
            return true;
        }
        Leader = MemberId.None;
        Become(new PreCandidate(this));
        return true;
    }

    internal void Campaign(bool isLeadershipTransfer)
    {
        Invariant.Check(_membership.MayBeNeededToWin, $"Member {Id} has no vote and cannot stand for election.");
        Term = Term.Next;
        Vote = Id;
        Leader = MemberId.None;
        Become(new Candidate(this, isLeadershipTransfer));
    }

    internal void Lead()
    {
        Invariant.Check(Role == Role.Candidate, $"Only a candidate can win; {Id} is {Role}.");
        Leader = Id;
        Become(new Leader(this));
    }

    internal void Follow(MemberId leader, RaftMessage message)
    {
        BecomeFollower(Term, leader);
        _behavior.Step(message);
    }

    internal void GiveUp() => AdoptTerm(Term);

    internal void AdoptTerm(Term term) => BecomeFollower(term, MemberId.None);

    internal void CastVote(MemberId candidate)
    {
        Invariant.Check(Vote.IsNone || Vote == candidate, $"Vote for {candidate} in term {Term}, after one for {Vote}.");
        Vote = candidate;
    }

    internal void Append(Entry entry, Configuration? configuration)
    {
        Log.Append(entry);
        if (configuration is not null)
        {
            _configurations.Append(entry.Index, configuration);
        }
    }

    internal void TruncateFrom(LogIndex index)
    {
        Invariant.Check(Role != Role.Leader, $"A leader never truncates its log; asked to from {index}.");
        Log.TruncateFrom(index);
        _configurations.TruncateFrom(index);
    }

    internal void CommitTo(LogIndex index)
    {
        Log.CommitTo(index);
        _membership.CommittedTo(Log.Commit);
    }

    internal void Install(SnapshotMetadata snapshot)
    {
        Log.Replace(snapshot.Index, snapshot.Term);
        _configurations.Replace(snapshot.ConfigurationIndex, snapshot.Configuration);
        _applying.Replaced(snapshot.Index);
        _snapshot = snapshot;
        _membership.CommittedTo(Log.Commit);
    }

    internal TimeSpan NextElectionDeadline() => Now + Options.DrawElectionTimeout(_random);

    internal ulong NextLogReadId() => ++_logReadId;

    internal ulong NextForwardedRound() => ++_forwardedRound;

    internal void Drop(DropReason reason) => _dropped[reason] = _dropped.GetValueOrDefault(reason) + 1;

    private void BecomeFollower(Term term, MemberId leader)
    {
        Invariant.Check(term >= Term, $"Term {term} after {Term}.");
        // Stepping down within a term keeps the vote: forgetting it would allow a second one (R25).
        if (term > Term)
        {
            Term = term;
            Vote = MemberId.None;
        }
        Leader = leader;
        Become(new Follower(this));
    }

    private void Become(RoleBehavior behavior)
    {
        _behavior.Leave();
        _behavior = behavior;
        _behavior.Enter();
    }
}
