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
internal sealed partial class Replica
{
    private readonly ReplicaOptions _options;
    private readonly IRandomSource _random;
    private readonly Birth _birth;
    private readonly List<ReplicaEffect> _effects = [];
    private readonly PeerDirectory _peers = new();
    private readonly WriteOrder _writes;
    private readonly ClientRequests _clients;
    private readonly SnapshotSending _sending;
    private readonly SnapshotReceiving _receiving;
    private readonly MemberChanges _changes;
    private readonly DiskSpace _space;
    private readonly Removal _removal;

    private NodeIdentity _identity;
    private RaftNode? _node;
    private TimeSpan _now;
    private LogIndex _truncatedTo;
    private GreetingAnswer? _adopted;
    private Raft.Configuration? _decoded;
    private ClusterConfiguration? _configuration;
    private (Role? Role, Term Term, MemberId Leader) _announced;

    /// <summary>Creates a replica from what its data folder says.</summary>
    public Replica(ReplicaOptions options, ReplicaRestore restore, IRandomSource random, TimeSpan now)
    {
        _options = options;
        _random = random;
        _now = now;
        _identity = restore.Identity;
        RaftOptions raft = options.RaftOptions(new MemberId(1));
        _birth = new Birth(options.Members, options.BirthProbeInterval, random, ElectionSettings.From(raft), options.Joins);
        _writes = new WriteOrder(_effects.Add);
        _clients = new ClientRequests(_effects.Add);
        _sending = new SnapshotSending(_effects.Add, Send, options.SnapshotPinTimeout);
        _receiving = new SnapshotReceiving(_effects.Add, Send);
        _space = new DiskSpace(_effects.Add);
        _removal = new Removal(_effects.Add);
        _changes = new MemberChanges(_effects.Add, raft.ElectionTimeoutMaximum);
        if (!restore.Identity.IsBlank)
        {
            Begin(restore);
        }
    }

    /// <summary>What it shows of itself.</summary>
    public ReplicaView View => new(
        _identity, _node?.Role, _node?.Term ?? default, _node?.Leader ?? MemberId.None, _node?.LastIndex ?? default, _node?.Commit ?? default,
        _node?.Applied ?? default, Configuration)
    {
        IsDiskFull = _space.IsFull,
    };

    /// <summary>When the next <see cref="Tick"/> has something to do; one that comes later is safe.</summary>
    public TimeSpan NextDeadline
    {
        get
        {
            TimeSpan next = Greets ? _birth.NextDue(_identity, Configuration) : TimeSpan.MaxValue;
            next = next < _sending.NextDeadline ? next : _sending.NextDeadline;
            TimeSpan handOver = _space.NextDeadline(_node);
            next = next < handOver ? next : handOver;
            return _node is { } node && node.NextDeadline < next ? node.NextDeadline : next;
        }
    }

    /// <summary>The Raft core, for checkers of its invariants to look at; null while the cluster is not born.</summary>
    internal RaftNode? Node => _node;

    // The configuration in force, with the names and addresses that Raft does not look at; the newest in the log, committed or not (Raft paper, section 6).
    private ClusterConfiguration? Configuration
    {
        get
        {
            if (_node is not null && !ReferenceEquals(_decoded, _node.Configuration))
            {
                _decoded = _node.Configuration;
                _configuration = _decoded.Payload.IsEmpty ? null : ClusterConfiguration.Parse(_decoded.Payload.Span);
                _peers.Remember(_configuration);
            }

            return _configuration;
        }
    }

    // Who follows a leader has nothing to ask; who does not may belong to another cluster, or have been removed.
    private bool Greets => _node is null || _node.Leader.IsNone;

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
        if (Greets)
        {
            _effects.AddRange(_birth.Due(_identity, Configuration, now));
        }

        if (_node is null)
        {
            TryCreateCluster();
            return;
        }

        _node.Tick(now);
        _sending.Tick(_node, _identity.ClusterId, now);
        if (Configuration is { } configuration)
        {
            MemberChanges.Promote(_node, configuration);
        }

        Pump();
    }

    /// <summary>Event: a peer said something. What does not belong here is refused and told once.</summary>
    /// <param name="message">What it said.</param>
    /// <param name="from">The address it came from, if the host knows: a member whose configuration is newer, or that was removed, can be answered then.</param>
    public void Receive(IPeerMessage message, string? from = null)
    {
        switch (message)
        {
            case PeerFrame frame when _node is not null && Admits(frame.ClusterId, frame.Message.From, frame.Message.To, from):
                _node.Step(frame.Message);
                break;
            case SnapshotChunk chunk when _node is not null && !_writes.IsInstalling && Admits(chunk.ClusterId, chunk.From, chunk.To, from):
                _receiving.Take(chunk, _node);
                break;
            case SnapshotAnswer answer when _node is not null && Admits(answer.ClusterId, answer.From, answer.To, from):
                _sending.Answered(answer, _node, _now);
                break;
            case Greeting greeting:
                Answer(greeting);
                break;
            case GreetingAnswer answer:
                TakeAnswer(answer);
                break;
        }

        Pump();
    }

    /// <summary>Event: the client side has a batch of commands for the log.</summary>
    public void Propose(ulong batchId, ReadOnlyMemory<byte> payload)
    {
        if (_space.IsFull && _node is { Role: Role.Leader } leader)
        {
            // While it hands over, the next leader can have the batch.
            _effects.Add(new AnswerBatchEffect(batchId, leader.TransferTarget.IsNone ? BatchOutcome.DiskFull : BatchOutcome.NotTaken, []));
        }
        else
        {
            _clients.Propose(batchId, payload, _node);
        }

        Pump();
    }

    /// <summary>
    /// Event: the client side asks from when on reads are linearizable here (ReadIndex, Raft dissertation 6.4), at a time on the monotonic clock read after it
    /// asked: where lease reads are on, a leader may answer by its lease (6.4.1).
    /// </summary>
    public void ReadIndex(ulong requestId, TimeSpan now)
    {
        _now = now;
        _clients.Accept(requestId, _node?.ReadIndex(requestId, now));
        Pump();
    }

    /// <summary>Event: someone wants the members changed. Answered with <see cref="AnswerChangeEffect"/>.</summary>
    public void ProposeChange(ulong changeId, MemberChange change)
    {
        _changes.Propose(changeId, change, _node, Configuration, _now);
        Pump();
    }

    /// <summary>
    /// Event: someone wants these members, several changed at once by joint consensus (Raft paper, section 6). Answered with <see cref="AnswerChangeEffect"/>.
    /// </summary>
    /// <returns>Whether it is under way; if not, the answer says why.</returns>
    public bool ProposeMembers(ulong changeId, ClusterConfiguration target)
    {
        bool isTaken = _changes.Propose(changeId, target, MemberId.None, _node);
        Pump();
        return isTaken;
    }

    /// <summary>Event: someone wants another member to lead, or none in particular. Answered with <see cref="AnswerChangeEffect"/>.</summary>
    /// <returns>Whether it is under way; if not, the answer says why.</returns>
    public bool TransferLeadership(ulong changeId, MemberId target)
    {
        bool isTaken = _changes.TransferLeadership(changeId, target, _node);
        Pump();
        return isTaken;
    }

    /// <summary>Event: the append with this number, and all before it, are durable.</summary>
    public void Appended(ulong number)
    {
        if (_node is null)
        {
            // What makes this folder a member is in the log; now the folder may say so.
            if (_adopted?.Configuration is not { } configuration || number != Adoption.AppendNumber)
            {
                throw new InvalidOperationException($"Append {number} was reported, but only the birth entry is appended before there is a cluster.");
            }

            ClusterMember self = configuration.Find(_identity.BirthId)!;
            _effects.Add(new SaveIdentityEffect(_identity with { ClusterId = configuration.ClusterId, MemberId = self.Id.Value, Replaces = default }));
            return;
        }

        Persisted(_writes.Appended(number));
        Pump();
    }

    /// <summary>Event: the snapshot is the store now.</summary>
    public void StoreSwapped()
    {
        Persisted(_writes.Swapped(out LogIndex index));
        _node!.AppliedTo(index);
        _effects.Add(new NoticeEffect(false, $"Installed a snapshot of everything up to entry {index}."));
        Pump();
    }

    /// <summary>Event: the identity file is durable; from here on this node may vote, or never again.</summary>
    public void IdentitySaved(NodeIdentity identity)
    {
        if (_removal.IsKnown)
        {
            _removal.Recorded(identity);
            return;
        }

        GreetingAnswer adopted = _adopted!;
        ClusterConfiguration configuration = adopted.Configuration!;
        _adopted = null;
        _identity = identity;
        _birth.Joined();
        Begin(Adoption.Restore(identity, adopted));
        _peers.Remember(configuration);
        _effects.Add(new NoticeEffect(false, $"Member {identity.MemberId:x} of cluster {identity.ClusterId:x16} with {configuration.Members.Count} members."));

        // The others learn of it at once instead of at their next greeting.
        foreach (ClusterMember member in configuration.Members.Where(m => Adoption.Founds(adopted) && m.BirthId != _identity.BirthId))
        {
            _effects.Add(new SendEffect(member.RaftAddress, new GreetingAnswer(_identity, configuration, "")));
        }

        Pump();
    }

    /// <summary>Event: these entries are applied to the store.</summary>
    public void Applied(IReadOnlyList<AppliedEntry> entries)
    {
        _clients.Applied(entries);
        if (entries[^1].Index > _node!.Applied)
        {
            _node.AppliedTo(entries[^1].Index);
        }

        _sending.Applied(_node, _now);
        Pump();
    }

    private void Begin(ReplicaRestore restore)
    {
        foreach ((LogIndex _, ClusterConfiguration earlier) in restore.EarlierConfigurations)
        {
            _peers.Remember(earlier);
        }

        var raftRestore = new RaftRestore(
            restore.HardState, restore.FirstIndex, restore.LastIndex, restore.TermBoundaries,
            restore.Configuration is null ? Raft.Configuration.Empty : ClusterConfigurationCodec.Decode(restore.Configuration),
            restore.ConfigurationIndex, restore.Applied)
        {
            EarlierConfigurations = [.. restore.EarlierConfigurations.Select(e => (e.Index, ClusterConfigurationCodec.Decode(e.Configuration)))],
        };
        _node = new RaftNode(_options.RaftOptions(new MemberId(_identity.MemberId)), raftRestore, _random, _now);
    }

    private void TryCreateCluster()
    {
        // One whose files were damaged was a member: an empty cluster in place of that one would forget everything.
        if (_identity.Replaces == default && _adopted is null && _birth.TryCreate(_identity) is { } created)
        {
            Adopt(new GreetingAnswer(_identity, created, ""));
            _effects.Add(new NoticeEffect(false, $"All {created.Members.Count} listed members are blank: creating cluster {created.ClusterId:x16}."));
        }
    }

    private void Adopt(GreetingAnswer answer)
    {
        _adopted = answer;
        _effects.Add(Adoption.Append(answer));
    }

    private void Answer(Greeting greeting)
    {
        // Only what is committed may be told: a member id that is not may be given to another folder.
        if (_node is not null && (Configuration is null || _node.ConfigurationIndex > _node.Commit))
        {
            return;
        }

        if (_node is not null && greeting.Sender.IsBlank && Configuration!.Find(greeting.Sender.BirthId) is null)
        {
            MemberChanges.Bind(greeting.Sender, _node, Configuration);
            _changes.Replace(greeting.Sender, _node, Configuration, _now);
            if (_node.ConfigurationIndex > _node.Commit)
            {
                // Just proposed, and not to be told before it is committed, either.
                return;
            }
        }

        if (_birth.Answer(greeting, _identity, _node is null ? null : Configuration, _node?.ConfigurationIndex ?? default) is { } answer)
        {
            _effects.Add(answer);
        }
    }

    private void TakeAnswer(GreetingAnswer answer)
    {
        BirthVerdict verdict = _birth.Take(answer, _identity, Configuration);
        if (verdict.Warning is not null)
        {
            _effects.Add(new NoticeEffect(true, verdict.Warning));
        }

        if (verdict.Stop is not null)
        {
            _effects.Add(new StopEffect(verdict.Stop));
        }
        else if (verdict.Adopts && _node is null && _adopted is null)
        {
            Adopt(answer);
        }
        else if (_node is null)
        {
            TryCreateCluster();
        }
    }

    private bool Admits(ulong clusterId, MemberId sender, MemberId receiver, string? address)
    {
        bool admits = _peers.Admits(_identity, Configuration, clusterId, sender, receiver, address, out string? refusal);
        if (refusal is not null)
        {
            _effects.Add(new NoticeEffect(true, refusal));
        }

        return admits;
    }

    // Every event ends here: turn what Raft is ready to do into effects, in the order that keeps its promises.
    private void Pump()
    {
        if (_node is not null)
        {
            _space.Tick(_node, _now);
        }

        while (_node is { HasReady: true })
        {
            // A leader that removed itself steps down as it takes this; what it committed until then is done.
            _changes.Settle(_node, Configuration);
            Ready ready = _node.TakeReady();
            if (_writes.Write(ready))
            {
                Persisted([(ready.Number, ready.MessagesAfterFlush)]);
            }

            Send(ready.Messages);
            if (ready.CommittedEntries.Count > 0)
            {
                _effects.Add(new ApplyEffect(ready.CommittedEntries));
            }

            _sending.Begin(ready.SnapshotsToSend, _node, _now);
            foreach (LogRead read in ready.LogReads)
            {
                _effects.Add(new ReadLogEffect(read));
            }

            _clients.Take(ready);
            _removal.Take(ready);
        }

        if (_node is null)
        {
            return;
        }

        _clients.AnswerReads(_node.Applied);
        _changes.Settle(_node, Configuration);
        NoticeRole();
        _removal.Settle(_node, Configuration, _identity);
    }

    private void Persisted(IEnumerable<(ulong Number, IReadOnlyList<RaftMessage> Messages)> readys)
    {
        foreach ((ulong number, IReadOnlyList<RaftMessage> messages) in readys)
        {
            Send(messages);
            _node!.Persisted(number);
        }
    }

    private void Send(IReadOnlyList<RaftMessage> messages)
    {
        foreach (RaftMessage message in messages)
        {
            Send(message.To, new PeerFrame(_identity.ClusterId, message));
        }
    }

    private void Send(MemberId to, IPeerMessage message)
    {
        if (Configuration?.Find(to)?.RaftAddress is { } address || (address = _peers.Find(to)) is not null)
        {
            _effects.Add(new SendEffect(address, message));
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
            _clients.LeadershipLost();
            _changes.LeadershipLost();
            _sending.End();
        }

        if (_node.Leader.IsNone)
        {
            _clients.LeaderLost(_node.Commit);
        }

        if (_node.Role == Role.Leader || _node.Leader != _announced.Leader)
        {
            string leader = _node.Leader == MemberId.None ? "no leader known" : $"leader is {Configuration?.Find(_node.Leader)?.Name ?? _node.Leader.ToString()}";
            _effects.Add(new NoticeEffect(false, $"{_node.Role} in term {_node.Term}, {leader}."));
        }

        _announced = (_node.Role, _node.Term, _node.Leader);
    }
}
