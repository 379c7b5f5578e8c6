using HarmonyDB.Messages;
using HarmonyDB.Raft;
using HarmonyDB.Raft.Messages;

namespace HarmonyDB.Replication;

/// <summary>
/// The pure conductor of a node: events in, effects out. It decides what must be durable before what, and nothing else does: RaftActor
/// and the simulator run this same class. No clock, thread or I/O; time comes with <see cref="Tick"/>.
/// </summary>
/// <remarks>
/// Order of effects: votes and append answers wait here until the log reports that what they assert is durable (R26); only entries that are
/// committed and durable here are handed to the store; a batch is answered after it was applied. Not thread-safe.
/// </remarks>
internal sealed class Replica
{
    private const ulong BirthAppend = 0;

    private readonly ReplicaOptions _options;
    private readonly IRandomSource _random;
    private readonly Birth _birth;
    private readonly List<ReplicaEffect> _effects = [];
    private readonly Queue<(ulong Number, ulong Append, IReadOnlyList<RaftMessage> Messages)> _waitingForFlush = new();
    private readonly SortedDictionary<LogIndex, (Term Term, ulong BatchId)> _batches = [];
    private readonly List<ReadState> _reads = [];
    private readonly HashSet<string> _refused = [];

    private readonly ConfigurationLog _configurations = new();

    private NodeIdentity _identity;
    private RaftNode? _node;
    private TimeSpan _now;
    private ulong _lastAppend;
    private LogIndex _truncatedTo;
    private LogIndex _firstIndex;
    private bool _birthPending;
    private (Role? Role, Term Term, MemberId Leader) _announced;

    /// <summary>Creates a replica from what its data folder says.</summary>
    public Replica(ReplicaOptions options, ReplicaRestore restore, IRandomSource random, TimeSpan now)
    {
        _options = options;
        _random = random;
        _now = now;
        _identity = restore.Identity;
        _birth = new Birth(options.Members, options.BirthProbeInterval, random);
        if (restore.Configuration is not null)
        {
            Begin(restore);
        }
    }

    /// <summary>What it shows of itself.</summary>
    public ReplicaView View => new(
        _identity, _node?.Role, _node?.Term ?? default, _node?.Leader ?? MemberId.None, _node?.LastIndex ?? default, _node?.Commit ?? default,
        _node?.Applied ?? default, _configurations.Current);

    /// <summary>When the next <see cref="Tick"/> has something to do; one that comes later is safe.</summary>
    public TimeSpan NextDeadline
    {
        get
        {
            TimeSpan greeting = _birth.NextDue(_identity);
            return _node is { } node && node.NextDeadline < greeting ? node.NextDeadline : greeting;
        }
    }

    /// <summary>The Raft core, for checkers of its invariants to look at; null while the cluster is not born.</summary>
    internal RaftNode? Node => _node;

    /// <summary>Takes the effects gathered since the last call, in the order they must be carried out.</summary>
    public IReadOnlyList<ReplicaEffect> TakeEffects()
    {
        ReplicaEffect[] effects = [.. _effects];
        _effects.Clear();
        return effects;
    }

    /// <summary>Event: time has come this far, on a monotonic clock.</summary>
    public void Tick(TimeSpan now)
    {
        _now = now;
        _effects.AddRange(_birth.Due(_identity, now));
        if (_node is null)
        {
            TryCreateCluster();
        }

        _node?.Tick(now);
        Pump();
    }

    /// <summary>Event: a peer said something. What does not belong here is refused and told once.</summary>
    public void Receive(IPeerMessage message)
    {
        switch (message)
        {
            case PeerFrame frame when _node is not null && Belongs(frame):
                _node.Step(frame.Message);
                Pump();
                break;
            case Greeting greeting:
                _effects.Add(_birth.Answer(greeting, _identity, _node is null ? null : _configurations.Current));
                break;
            case GreetingAnswer answer:
                TakeAnswer(answer);
                break;
        }
    }

    /// <summary>Event: the client side has a batch of commands for the log.</summary>
    public void Propose(ulong batchId, ReadOnlyMemory<byte> payload)
    {
        ProposeResult? result = _node?.Propose(payload);
        switch (result?.Status)
        {
            case ProposeStatus.Accepted:
                _batches.Add(result.Value.Index, (result.Value.Term, batchId));
                break;
            case ProposeStatus.TooManyUncommitted or ProposeStatus.TooLarge:
                _effects.Add(new AnswerBatchEffect(batchId, BatchOutcome.Overloaded, []));
                break;
            default:
                _effects.Add(new AnswerBatchEffect(batchId, BatchOutcome.NotTaken, []));
                break;
        }

        Pump();
    }

    /// <summary>Event: the client side asks from when on reads are linearizable here (ReadIndex, Raft dissertation 6.4).</summary>
    public void ReadIndex(ulong requestId) => AcceptRead(requestId, _node?.ReadIndex(requestId));

    /// <summary>
    /// The same, at a time on the monotonic clock read after the question was asked: where lease reads are on, a leader may answer by its lease
    /// (Raft dissertation 6.4.1).
    /// </summary>
    public void ReadIndex(ulong requestId, TimeSpan now)
    {
        _now = now;
        AcceptRead(requestId, _node?.ReadIndex(requestId, now));
    }

    /// <summary>Event: the append with this number, and all before it, are durable.</summary>
    public void Appended(ulong number)
    {
        if (_node is null)
        {
            // The initial configuration is in the log; now the folder may say that it belongs to the cluster.
            if (!_birthPending || number != BirthAppend)
            {
                throw new InvalidOperationException($"Append {number} was reported, but only the birth entry is appended before there is a cluster.");
            }

            ClusterConfiguration configuration = _configurations.Current!;
            ClusterMember self = configuration.Find(_identity.BirthId)!;
            _effects.Add(new SaveIdentityEffect(_identity with { ClusterId = configuration.ClusterId, MemberId = self.Id.Value }));
            return;
        }

        Persisted(number);
        Pump();
    }

    /// <summary>Event: the identity file is durable; from here on this node may vote.</summary>
    public void IdentitySaved(NodeIdentity identity)
    {
        _identity = identity;
        _birthPending = false;
        ClusterConfiguration configuration = _configurations.Current!;
        Begin(new ReplicaRestore(
            identity, configuration, new LogIndex(1), BirthHardState, new LogIndex(1), new LogIndex(1), [(new LogIndex(1), new Term(1))], default));
        _effects.Add(new NoticeEffect(false, $"Member {identity.MemberId:x} of cluster {identity.ClusterId:x16} with {configuration.Members.Count} members."));

        // The others learn of it at once instead of at their next greeting.
        foreach (ClusterMember member in configuration.Members.Where(m => m.BirthId != _identity.BirthId))
        {
            _effects.Add(new SendEffect(member.RaftAddress, new GreetingAnswer(_identity, configuration, "")));
        }

        Pump();
    }

    /// <summary>Event: these entries are applied to the store.</summary>
    public void Applied(IReadOnlyList<AppliedEntry> entries)
    {
        foreach (AppliedEntry entry in entries)
        {
            if (_batches.Remove(entry.Index, out (Term Term, ulong BatchId) batch))
            {
                _effects.Add(batch.Term == entry.Term
                    ? new AnswerBatchEffect(batch.BatchId, BatchOutcome.Applied, entry.Results)
                    : new AnswerBatchEffect(batch.BatchId, BatchOutcome.Unknown, []));
            }
        }

        _node!.AppliedTo(entries[^1].Index);
        Pump();
    }

    /// <summary>
    /// Event: the store is durable up to an entry, and can still fall back to an older one: the log must reach back to that (R46, R48), and need not
    /// reach further, except for followers.
    /// </summary>
    /// <param name="olderDurable">What the older of the two durable states has applied.</param>
    public void StoreCheckpointed(LogIndex olderDurable)
    {
        if (_node is not null && olderDurable.Next > _truncatedTo)
        {
            _truncatedTo = olderDurable.Next;
            _effects.Add(new TruncateLogEffect(_truncatedTo, _options.RetainLogBytes));
        }
    }

    /// <summary>Event: the log begins here now.</summary>
    public void LogTruncated(LogIndex firstIndex)
    {
        _firstIndex = firstIndex;
    }

    /// <summary>Event: a range of the log was read.</summary>
    public void LogRangeRead(LogRead request, IReadOnlyList<Entry> entries)
    {
        _node!.EntriesRead(request, entries);
        Pump();
    }

    // The first entry is what all members agreed on by being named in it: it is committed by definition.
    private static HardState BirthHardState => new(new Term(1), MemberId.None, new LogIndex(1));

    private void Begin(ReplicaRestore restore)
    {
        foreach ((LogIndex index, ClusterConfiguration earlier) in restore.EarlierConfigurations)
        {
            _configurations.Add(index, earlier);
        }

        _configurations.Add(restore.ConfigurationIndex, restore.Configuration!);
        _configurations.CommittedTo(restore.HardState.Commit);
        var raftRestore = new RaftRestore(
            restore.HardState, restore.FirstIndex, restore.LastIndex, restore.TermBoundaries, ClusterConfigurationCodec.Decode(restore.Configuration!),
            restore.ConfigurationIndex, restore.Applied)
        {
            EarlierConfigurations = [.. restore.EarlierConfigurations.Select(e => (e.Index, ClusterConfigurationCodec.Decode(e.Configuration)))],
        };
        _node = new RaftNode(_options.RaftOptions(new MemberId(_identity.MemberId)), raftRestore, _random, _now);
    }

    private void AcceptRead(ulong requestId, ReadIndexStatus? status)
    {
        if (status != ReadIndexStatus.Accepted)
        {
            _effects.Add(new AnswerReadEffect(requestId, false));
        }

        Pump();
    }

    private void TryCreateCluster()
    {
        if (!_birthPending && _birth.TryCreate(_identity) is { } created)
        {
            Adopt(created);
            _effects.Add(new NoticeEffect(false, $"All {created.Members.Count} listed members are blank: creating cluster {created.ClusterId:x16}."));
        }
    }

    private void Adopt(ClusterConfiguration configuration)
    {
        _birthPending = true;
        _configurations.Reset(new LogIndex(1), configuration);
        var entry = new Entry(new LogIndex(1), new Term(1), EntryKind.Configuration, configuration.ToPayload());
        _effects.Add(new AppendEffect(BirthAppend, BirthHardState, [entry], MustFlush: true));
    }

    private void TakeAnswer(GreetingAnswer answer)
    {
        BirthVerdict verdict = _birth.Take(answer, _identity, (_options.Members.Count / 2) + 1);
        if (verdict.Warning is not null)
        {
            _effects.Add(new NoticeEffect(true, verdict.Warning));
        }

        if (verdict.Stop is not null)
        {
            _effects.Add(new StopEffect(verdict.Stop));
        }
        else if (verdict.Adopt is not null && _node is null && !_birthPending)
        {
            Adopt(verdict.Adopt);
        }
        else if (_node is null)
        {
            TryCreateCluster();
        }
    }

    private bool Belongs(PeerFrame frame)
    {
        RaftMessage message = frame.Message;
        string? wrong = frame.ClusterId != _identity.ClusterId ? $"cluster {frame.ClusterId:x16} (this node is of {_identity.ClusterId:x16})"
            : message.To.Value != _identity.MemberId ? $"a sender that takes this node for member {message.To} (it is {_identity.MemberId:x})"
            : _configurations.Current!.Find(message.From) is null ? $"{message.From}, which is not a member"
            : null;
        if (wrong is null)
        {
            return true;
        }

        // Bounded: a sender that makes up ids gets no memory for them.
        if (_refused.Count < 64 && _refused.Add(wrong))
        {
            _effects.Add(new NoticeEffect(true, $"Refusing messages of {wrong}. Check the configured addresses and data folders."));
        }

        return false;
    }

    // Every event ends here: turn what Raft is ready to do into effects, in the order that keeps its promises.
    private void Pump()
    {
        while (_node is { HasReady: true })
        {
            Ready ready = _node.TakeReady();
            _configurations.Appended(ready.Entries);
            _configurations.CommittedTo(_node.Commit);
            Persist(ready);
            Send(ready.Messages);
            if (ready.CommittedEntries.Count > 0)
            {
                _effects.Add(new ApplyEffect(ready.CommittedEntries));
            }

            foreach (LogRead read in ready.LogReads)
            {
                _effects.Add(new ReadLogEffect(read));
            }

            _reads.AddRange(ready.ReadStates);
            foreach (ulong requestId in ready.ReadFailures)
            {
                _effects.Add(new AnswerReadEffect(requestId, false));
            }
        }

        AnswerReads();
        NoticeRole();
    }

    private void Persist(Ready ready)
    {
        if (ready.HardState is not null || ready.Entries.Count > 0)
        {
            _lastAppend = ready.Number;
            _effects.Add(new AppendEffect(ready.Number, ready.HardState, ready.Entries, ready.MustFlush));
        }
        else if (_waitingForFlush.Count == 0)
        {
            _node!.Persisted(ready.Number);
            Send(ready.MessagesAfterFlush);
            return;
        }

        // A Ready with nothing of its own to write still waits its turn: its messages may assert what an earlier append writes.
        _waitingForFlush.Enqueue((ready.Number, _lastAppend, ready.MessagesAfterFlush));
    }

    private void Persisted(ulong append)
    {
        ulong number = append;
        while (_waitingForFlush.TryPeek(out (ulong Number, ulong Append, IReadOnlyList<RaftMessage> Messages) waiting) && waiting.Append <= append)
        {
            _waitingForFlush.Dequeue();
            number = waiting.Number;
            Send(waiting.Messages);
        }

        _node!.Persisted(number);
    }

    private void Send(IReadOnlyList<RaftMessage> messages)
    {
        foreach (RaftMessage message in messages)
        {
            if (_configurations.Current!.Find(message.To) is { } member)
            {
                _effects.Add(new SendEffect(member.RaftAddress, new PeerFrame(_identity.ClusterId, message)));
            }
        }
    }

    private void AnswerReads()
    {
        for (int i = _reads.Count - 1; i >= 0; i--)
        {
            if (_reads[i].Index <= _node!.Applied)
            {
                _effects.Add(new AnswerReadEffect(_reads[i].RequestId, true));
                _reads.RemoveAt(i);
            }
        }
    }

    private void NoticeRole()
    {
        if (_node is null || _announced == (_node.Role, _node.Term, _node.Leader))
        {
            return;
        }

        bool wasLeader = _announced.Role == Role.Leader;
        if (wasLeader && (_node.Role != Role.Leader || _node.Term != _announced.Term))
        {
            // They may still be committed by the next leader, or not: nobody here can tell in time.
            foreach ((Term _, ulong batchId) in _batches.Values)
            {
                _effects.Add(new AnswerBatchEffect(batchId, BatchOutcome.Unknown, []));
            }

            _batches.Clear();
        }

        if (_node.Role == Role.Leader || _node.Leader != _announced.Leader)
        {
            string leader = _node.Leader == MemberId.None ? "no leader known" : $"leader is {_configurations.Current!.Find(_node.Leader)?.Name ?? _node.Leader.ToString()}";
            _effects.Add(new NoticeEffect(false, $"{_node.Role} in term {_node.Term}, {leader}."));
        }

        _announced = (_node.Role, _node.Term, _node.Leader);
    }
}
