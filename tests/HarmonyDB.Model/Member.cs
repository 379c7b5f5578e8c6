using HarmonyDB.Raft;
using HarmonyDB.Raft.Messages;

namespace HarmonyDB.Model;

/// <summary>
/// One real <see cref="RaftNode"/> with its host: a disk on which writes complete one by one, in order, and a state machine. Everything the host
/// does between the events of the model happens at once: Readys are taken as soon as there are any.
/// </summary>
internal sealed class Member
{
    private readonly RaftOptions _options;
    private readonly MemberDisk _disk;
    private readonly bool _hasSlowDisk;
    private readonly Queue<PendingWrite> _writes = new();
    private LogIndex _handedOut;
    private int _incarnation;
    private IReadOnlyList<Entry>? _incoming;

    /// <summary>Starts a member.</summary>
    public Member(RaftOptions options, MemberDisk disk, bool hasSlowDisk)
    {
        _hasSlowDisk = hasSlowDisk;
        Id = options.Id;
        _options = options;
        _disk = disk;
        Node = Start();
    }

    /// <summary>Which member this is.</summary>
    public MemberId Id { get; }

    /// <summary>The core.</summary>
    public RaftNode Node { get; private set; }

    /// <summary>Its clock.</summary>
    public TimeSpan Now { get; private set; }

    /// <summary>How many writes are under way.</summary>
    public int WritesUnderWay => _writes.Count;

    /// <summary>Whether a crash could lose something that was written without a flush.</summary>
    public bool HasUnflushed => _disk.HasUnflushed;

    /// <summary>Whether entries were handed out that are not reported as applied.</summary>
    public bool IsApplying => _handedOut > Node.Applied && !IsInstalling;

    /// <summary>Whether the log holds entries that the state machine has applied.</summary>
    public bool CanCompact => _disk.Applied >= _disk.FirstIndex && !IsInstalling;

    /// <summary>Whether a snapshot is being installed.</summary>
    public bool IsInstalling => _writes.Any(write => write.Snapshot is not null);

    /// <summary>The log as the core has it: what is on disk, changed by the writes under way.</summary>
    public IReadOnlyList<Entry> Log
    {
        get
        {
            var log = _disk.Entries.ToList();
            foreach (var write in _writes)
            {
                log = write.Snapshot?.ToList() ?? log;
                foreach (var entry in write.Entries)
                {
                    log.RemoveRange((int)entry.Index.Value - 1, log.Count - ((int)entry.Index.Value - 1));
                    log.Add(entry);
                }
            }
            return log;
        }
    }

    /// <summary>The newest configuration in the log, or that of the start.</summary>
    public Configuration NewestConfiguration
    {
        get
        {
            var newest = Log.LastOrDefault(entry => entry.Kind == EntryKind.Configuration);
            return newest is null ? _disk.Initial : Configuration.Decode(ModelConfigurationCodec.Instance, newest.Payload);
        }
    }

    /// <summary>Lets something happen to the member.</summary>
    /// <param name="action">What.</param>
    /// <param name="message">The message that arrives, if one does.</param>
    /// <exception cref="ModelViolationException">A property of this member alone does not hold any more.</exception>
    /// <exception cref="InvariantViolationException">The core itself found out.</exception>
    public MemberEffects Do(MemberAction action, RaftMessage? message)
    {
        var effects = new MemberEffects();
        var before = new MemberView(this);
        Carry(action, message, effects);
        while (Node.HasReady)
        {
            CarryOut(Node.TakeReady(), effects);
        }
        _incoming = null;
        new MemberView(this).CheckAfter(before, isRestarted: action.Kind == MemberActionKind.Crash);
        return effects;
    }

    private void Carry(MemberAction action, RaftMessage? message, MemberEffects effects)
    {
        switch (action.Kind)
        {
            case MemberActionKind.Step:
                _incoming = (message as SnapshotMessage)?.Content;
                Node.Step(message is SnapshotMessage snapshot ? snapshot.ForCore : message ?? throw new ArgumentNullException(nameof(message)));
                break;
            case MemberActionKind.Tick:
                Now = Node.NextDeadline > Now ? Node.NextDeadline : Now;
                Node.Tick(Now);
                break;
            case MemberActionKind.Persist:
                Complete(_writes.Dequeue(), effects);
                break;
            case MemberActionKind.Apply:
                ReportApplied();
                break;
            case MemberActionKind.Propose:
                // Index and term name an entry already; the payload says in addition who proposed it.
                Node.Propose(new[] { (byte)Node.Id.Value });
                break;
            case MemberActionKind.Read:
                Node.ReadIndex((ulong)action.Argument);
                break;
            case MemberActionKind.ProposeConfiguration:
                Node.ProposeConfiguration(ModelConfigurationCodec.EncodeVoters(action.Argument));
                break;
            case MemberActionKind.Compact:
                _disk.Compact();
                Node.CompactedTo(_disk.FirstIndex.Previous);
                break;
            case MemberActionKind.Transfer:
                Node.TransferLeadership(new MemberId((ulong)action.Argument));
                break;
            case MemberActionKind.Crash:
                Crash(action.Argument / 2, keepsUnflushed: action.Argument % 2 == 1);
                break;
        }
    }

    private RaftNode Start()
    {
        var node = new RaftNode(_options, _disk.Restore(), new Incarnation(_incarnation, _options), Now);
        _handedOut = node.Applied;
        return node;
    }

    private void Crash(int completedWrites, bool keepsUnflushed)
    {
        for (var i = 0; i < completedWrites; i++)
        {
            _disk.Write(_writes.Dequeue());
        }
        _writes.Clear();
        _disk.Crash(keepsUnflushed);
        _incarnation++;
        Node = Start();
    }

    private void CarryOut(Ready ready, MemberEffects effects)
    {
        foreach (var message in ready.Messages)
        {
            Send(message, effects);
        }
        var snapshot = ready.Snapshot is null ? null : _incoming ?? throw new InvalidOperationException("A snapshot is installed that did not arrive.");
        _handedOut = ready.Snapshot?.Index ?? _handedOut;
        var write = new PendingWrite(ready.Number, snapshot, ready.HardState, ready.Entries, ready.MustFlush, ready.MessagesAfterFlush);
        if (_writes.Count == 0 && (!ready.MustFlush || !_hasSlowDisk))
        {
            Complete(write, effects);
        }
        else if (!write.IsEmpty)
        {
            _writes.Enqueue(write);
        }
        foreach (var entry in ready.CommittedEntries)
        {
            ModelViolationException.ThrowIf(entry.Index > _disk.LastIndex, $"R27: entry {entry.Index} is handed out before it is durable here");
            ModelViolationException.ThrowIf(entry.Index != _handedOut.Next, $"entry {entry.Index} is handed out after {_handedOut}");
            ModelViolationException.ThrowIf(
                !entry.Equals(_disk.Entries[(int)entry.Index.Value - 1]), $"entry {entry.Index} is handed out, but another one is on disk");
            _handedOut = entry.Index;
        }
        if (!_hasSlowDisk && _handedOut > Node.Applied)
        {
            ReportApplied();
        }
        foreach (var read in ready.LogReads)
        {
            Node.EntriesRead(read, _disk.Read(read));
        }
        foreach (var request in ready.SnapshotsToSend)
        {
            SendSnapshot(request, effects);
        }
        effects.ReadStates.AddRange(ready.ReadStates);
        effects.ReadFailures.AddRange(ready.ReadFailures);
    }

    private void ReportApplied()
    {
        Node.AppliedTo(_handedOut);
        _disk.Applied = _handedOut;
    }

    // It is on its way at once; whether it arrives is another matter, and the host learns only that it was sent.
    private void SendSnapshot(SnapshotRequest request, MemberEffects effects)
    {
        if (!Node.TryDescribeSnapshot(Node.Applied, out var snapshot) || snapshot.Index < request.MinimumIndex)
        {
            Node.SnapshotFailed(request.Peer);
            return;
        }
        var content = _disk.Entries.Take((int)snapshot.Index.Value).ToArray();
        effects.Messages.Add(new SnapshotMessage(Node.Id, request.Peer, request.Term, snapshot, content));
        Node.SnapshotSent(request.Peer, snapshot.Index);
    }

    private void Complete(PendingWrite write, MemberEffects effects)
    {
        _disk.Write(write);
        Node.Persisted(write.Number);
        if (write.Snapshot is not null)
        {
            Node.AppliedTo(_disk.Applied);
        }
        foreach (var message in write.MessagesAfterFlush)
        {
            Send(message, effects);
        }
    }

    // Nothing leaves before what it asserts is durable (R26).
    private void Send(RaftMessage message, MemberEffects effects)
    {
        var durable = _disk.HardState;
        var isDurable = message switch
        {
            RequestVote vote => durable.Term > vote.Term || (durable.Term == vote.Term && durable.Vote == vote.From),
            RequestVoteResponse { VoteGranted: true } vote => durable.Term > vote.Term || (durable.Term == vote.Term && durable.Vote == vote.To),
            AppendEntriesResponse { Success: true } append => append.MatchIndex <= _disk.LastIndex && durable.Term >= append.Term,
            _ => true,
        };
        ModelViolationException.ThrowIf(!isDurable, $"R26: {MessageText.Of(message)} leaves before what it asserts is durable");
        effects.Messages.Add(message);
    }
}
