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

    /// <inheritdoc/>
    protected override void PreStart() => Timers.StartPeriodicTimer("tick", ClockTick.Instance, TimeSpan.Zero, _settings.TickInterval);

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
        Receive<ProposeBatch>(propose => _settings.Client.Tell(new AnswerBatchEffect(propose.BatchId, BatchOutcome.NotTaken, [])));

    // Votes and entries, time, and reports of the other actors are events in every role; what they lead to, the replica knows.
    private void Common()
    {
        On<IPeerMessage>(_replica.Receive);
        On<ClockTick>(_ => _replica.Tick(_settings.Clock()));
        On<LogAppended>(appended => _replica.Appended(appended.Number));
        On<EntriesApplied>(applied => _replica.Applied(applied.Entries));
        On<StoreCheckpointed>(checkpointed => _replica.StoreCheckpointed(checkpointed.OlderDurable));
        On<LogTruncated>(truncated => _replica.LogTruncated(truncated.FirstIndex));
        On<AskReadIndex>(ask => _replica.ReadIndex(ask.RequestId, _settings.Clock()));
        On<LogRangeRead>(read => _replica.LogRangeRead(read.Request, read.Entries));
        On<IdentitySaved>(saved => _replica.IdentitySaved(saved.Identity));
    }

    private void On<TEvent>(Action<TEvent> handle) => Receive<TEvent>(received =>
    {
        handle(received);
        CarryOut();
    });

    private void CarryOut()
    {
        foreach (ReplicaEffect effect in _replica.TakeEffects())
        {
            switch (effect)
            {
                case SendEffect send:
                    Peer(send.Address).Tell(send.Message, Self);
                    break;
                case AppendEffect or ReadLogEffect or TruncateLogEffect or SaveIdentityEffect:
                    _settings.Log.Tell(effect);
                    break;
                case ApplyEffect:
                    _settings.Storage.Tell(effect);
                    break;
                case AnswerBatchEffect or AnswerReadEffect:
                    _settings.Client.Tell(effect);
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
            _settings.Client.Tell(leader);
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
/// <param name="TickInterval">How often to look at it.</param>
/// <param name="PeerLocator">Finds the RaftActor at a peer's remoting address. An ActorSelection: never watched, never quarantined.</param>
/// <param name="Log">The LogActor.</param>
/// <param name="Storage">The StorageActor.</param>
/// <param name="Client">The ClientActor.</param>
/// <param name="Publish">Shows what the replica shows to whoever asks for status.</param>
internal sealed record RaftActorSettings(
    Func<TimeSpan, Replica> CreateReplica,
    Func<TimeSpan> Clock,
    TimeSpan TickInterval,
    Func<string, ICanTell> PeerLocator,
    IActorRef Log,
    IActorRef Storage,
    IActorRef Client,
    Action<ReplicaView> Publish);
