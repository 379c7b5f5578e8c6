using Akka.Actor;
using Akka.Event;
using HarmonyDB.Messages;
using HarmonyDB.Raft;
using HarmonyDB.Replication;

namespace HarmonyDB.Actors;

/// <summary>
/// Owns the <see cref="Replica"/> and carries out its effects. Its behaviours are Raft's roles, and <see cref="Blank"/> before the cluster is born.
/// Runs on a thread of its own and never waits for a disk. Any exception stops the node: it must not come back with a forgotten vote (A17).
/// </summary>
internal sealed class RaftActor : ReceiveActor, IWithTimers
{
    private readonly RaftActorSettings _settings;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Dictionary<string, ICanTell> _peers = [];
    private readonly Replica _replica;
    private LeaderKnown? _announced;
    private Role? _role;
    private TimeSpan _tickAt = TimeSpan.MaxValue;

    /// <summary>Creates the actor with all it needs.</summary>
    public RaftActor(RaftActorSettings settings)
    {
        _settings = settings;
        _replica = settings.CreateReplica(settings.Clock());
        Become(Blank);
        CarryOut();
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>Props with the dispatcher this actor needs.</summary>
    public static Props Props(RaftActorSettings settings) => Akka.Actor.Props.Create(() => new RaftActor(settings)).WithDispatcher(NodeDispatchers.Raft);

    // What is committed already is applied at once, and a blank node greets.
    /// <inheritdoc/>
    protected override void PreStart() => Self.Tell(ClockTick.Instance);

    // No cluster yet: greet the others, and refuse what clients ask.
    private void Blank()
    {
        RefuseProposals();
        Common();
    }

    private void Follower()
    {
        RefuseProposals();
        Common();
    }

    private void Candidate()
    {
        RefuseProposals();
        Common();
    }

    private void Leader()
    {
        On<ProposeBatch>(propose => _replica.Propose(propose.BatchId, propose.Payload));
        Common();
    }

    private void RefuseProposals() =>
        Receive<ProposeBatch>(propose => _settings.Parts.Client.Tell(new AnswerBatchEffect(propose.BatchId, BatchOutcome.NotTaken, [])));

    // Votes and entries, time, and reports of the other actors are events in every role; what they lead to, the replica knows.
    private void Common()
    {
        On<IPeerMessage>(message => _replica.Receive(message, SenderAddress()));
        On<ClockTick>(_ =>
        {
            _tickAt = TimeSpan.MaxValue;
            _replica.Tick(_settings.Clock());
        });
        On<LogAppended>(appended => _replica.Appended(appended.Number));
        On<EntriesApplied>(applied => _replica.Applied(applied.Entries));
        On<StoreCheckpointed>(checkpointed => _replica.StoreCheckpointed(checkpointed.OlderDurable));
        On<ProposeChange>(propose => _replica.ProposeChange(propose.ChangeId, propose.Change));
        On<ProposeTransfer>(propose => _replica.TransferLeadership(propose.ChangeId, propose.Target));
        On<SnapshotOpened>(opened => _replica.SnapshotOpened(opened.TransferId, opened.Index));
        On<SnapshotRead>(read => _replica.SnapshotRead(read.TransferId, read.Data, read.IsEnd));
        On<SnapshotWritten>(written => _replica.SnapshotWritten(written.Bytes));
        On<SnapshotChecked>(snapshot => _replica.SnapshotChecked(snapshot.Problem));
        On<StoreSwapped>(_ => _replica.StoreSwapped());
        On<LogTruncated>(truncated => _replica.LogTruncated(truncated.FirstIndex));
        On<DiskSpaceChanged>(space => _replica.SpaceChanged(space.Part, space.IsFull));
        On<AskReadIndex>(ask => _replica.ReadIndex(ask.RequestId, _settings.Clock()));
        On<LogRangeRead>(read => _replica.LogRangeRead(read.Request, read.Entries));
        On<IdentitySaved>(saved => _replica.IdentitySaved(saved.Identity));
    }

    private void On<TEvent>(Action<TEvent> handle) => Receive<TEvent>(received =>
    {
        handle(received);
        CarryOut();
        KeepTime();
    });

    // Remoting names a sender by the address it listens at, which is where this node's answers go.
    private string? SenderAddress()
    {
        Address address = Sender.Path.Address;
        return address.Host is null ? null : $"{address.Host}:{address.Port}";
    }

    private void CarryOut()
    {
        foreach (ReplicaEffect effect in _replica.TakeEffects())
        {
            switch (effect)
            {
                case SendEffect send:
                    Peer(send.Address).Tell(send.Message, Self);
                    break;
                case AppendEffect or ReadLogEffect or TruncateLogEffect or InstallSnapshotEffect or SaveIdentityEffect:
                    _settings.Parts.Log.Tell(effect);
                    break;
                case ApplyEffect or SwapStoreEffect:
                    _settings.Parts.Storage.Tell(effect);
                    break;
                case OpenSnapshotEffect or ReadSnapshotEffect or CloseSnapshotEffect or WriteSnapshotEffect or CheckSnapshotEffect:
                    _settings.Parts.Snapshots.Tell(effect);
                    break;
                case AnswerBatchEffect or AnswerReadEffect:
                    _settings.Parts.Client.Tell(effect);
                    break;
                case AnswerChangeEffect:
                    _settings.Parts.Members.Tell(effect);
                    break;
                case NoticeEffect notice:
                    Tell(notice);
                    break;
                case StopEffect stop:
                    Context.Parent.Tell(new StopNode(stop.Reason));
                    break;
            }
        }

        Announce(_replica.View);
    }

    // One timer, for the next deadline. A deadline that moves away, as with every heartbeat, leaves it where it is: a tick too early does nothing.
    private void KeepTime()
    {
        TimeSpan next = _replica.NextDeadline;
        if (next < _tickAt)
        {
            _tickAt = next;
            TimeSpan delay = next - _settings.Clock();
            Timers.StartSingleTimer("tick", ClockTick.Instance, delay > _settings.TickIntervalMinimum ? delay : _settings.TickIntervalMinimum);
        }
    }

    private void Tell(NoticeEffect notice)
    {
        if (notice.IsWarning)
        {
            _log.Warning("{0}", notice.Text);
        }
        else
        {
            _log.Info("{0}", notice.Text);
        }
    }

    private void Announce(ReplicaView view)
    {
        _settings.Publish(view);
        if (view.Role is { } role && role != _role)
        {
            _role = role;
            Become(role switch { Role.Leader => Leader, Role.Candidate => Candidate, _ => Follower });
        }

        var leader = new LeaderKnown(view.IsLeader, view.LeaderAddress, view.Term);
        if (leader != _announced)
        {
            _announced = leader;
            _settings.Parts.Client.Tell(leader);
            _settings.Parts.Members.Tell(leader);
        }
    }

    private ICanTell Peer(string address)
    {
        if (!_peers.TryGetValue(address, out ICanTell? peer))
        {
            _peers.Add(address, peer = _settings.PeerLocator(address));
        }

        return peer;
    }
}

/// <summary>What a <see cref="RaftActor"/> needs.</summary>
/// <param name="CreateReplica">Makes the replica, given the time.</param>
/// <param name="Clock">The monotonic clock.</param>
/// <param name="TickIntervalMinimum">The least time from one look at it to the next.</param>
/// <param name="PeerLocator">Finds the RaftActor at a peer's remoting address. An ActorSelection: never watched, never quarantined.</param>
/// <param name="Parts">The other actors of the node.</param>
/// <param name="Publish">Shows what the replica shows to whoever asks for status.</param>
internal sealed record RaftActorSettings(
    Func<TimeSpan, Replica> CreateReplica,
    Func<TimeSpan> Clock,
    TimeSpan TickIntervalMinimum,
    Func<string, ICanTell> PeerLocator,
    PartRefs Parts,
    Action<ReplicaView> Publish);
