using Akka.Actor;
using Akka.Event;
using HarmonyDB.Messages;
using HarmonyDB.Replication;

namespace HarmonyDB.Actors;

/// <summary>
/// Brings changes of the members to the leader, here or on the node that leads, asks again while another change is under way, and answers by the deadline.
/// A change is forwarded once and never resent; who leads can only be changed by asking the leader itself. Never decides quorum.
/// </summary>
internal sealed class MembershipActor : ReceiveActor, IWithTimers
{
    private const int PendingMaximum = 256;

    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(50);

    private readonly Func<ulong> _clusterId;
    private readonly Func<TimeSpan> _clock;
    private readonly Func<string, ICanTell> _peerLocator;
    private readonly Dictionary<ulong, Pending> _pending = [];
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private LeaderKnown? _leader;
    private IActorRef _raft = ActorRefs.Nobody;
    private ulong _lastId;

    /// <summary>Creates the actor.</summary>
    /// <param name="clusterId">The cluster this node belongs to, 0 before birth.</param>
    /// <param name="clock">The monotonic clock.</param>
    /// <param name="peerLocator">Finds the MembershipActor at a peer's remoting address.</param>
    public MembershipActor(Func<ulong> clusterId, Func<TimeSpan> clock, Func<string, ICanTell> peerLocator)
    {
        _clusterId = clusterId;
        _clock = clock;
        _peerLocator = peerLocator;
        Receive<SubmitChange>(submit => Add(new Pending(submit, Sender, null, 0, _clock() + submit.Timeout)));
        Receive<SubmitTransfer>(submit => Add(new Pending(submit, Sender, null, 0, _clock() + submit.Timeout)));
        Receive<ForwardedChange>(TakeForwarded);
        Receive<AnswerChangeEffect>(answer => Complete(answer.ChangeId, new ChangeAnswer(answer.Outcome, answer.Member, answer.Configuration)));
        Receive<ForwardedChangeAnswer>(answer => Complete(answer.ChangeId, new ChangeAnswer(answer.Outcome, answer.Member, answer.Configuration)));
        Receive<LeaderKnown>(leader =>
        {
            (_leader, _raft) = (leader, Sender);
            HandOverAll();
        });
        Receive<ClockTick>(_ => Tick());
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>Props of the actor.</summary>
    public static Props Props(Func<ulong> clusterId, Func<TimeSpan> clock, Func<string, ICanTell> peerLocator) =>
        Akka.Actor.Props.Create(() => new MembershipActor(clusterId, clock, peerLocator));

    /// <inheritdoc/>
    protected override void PostStop()
    {
        foreach (Pending pending in _pending.Values)
        {
            Answer(pending, new ChangeAnswer(pending.HandedTo is null ? ChangeOutcome.NotTaken : ChangeOutcome.Unknown, default, null));
        }
    }

    private void Add(Pending pending)
    {
        if (_pending.Count >= PendingMaximum)
        {
            Answer(pending, new ChangeAnswer(ChangeOutcome.Busy, default, null));
            return;
        }

        _pending.Add(++_lastId, pending);
        HandOver(_lastId, pending);
        Timers.StartSingleTimer("tick", ClockTick.Instance, RetryInterval);
    }

    private void TakeForwarded(ForwardedChange forwarded)
    {
        if (forwarded.ClusterId != _clusterId() || _leader is not { IsSelf: true })
        {
            Sender.Tell(new ForwardedChangeAnswer(forwarded.ChangeId, ChangeOutcome.NotTaken, default, null));
            return;
        }

        _log.Info("A change of the members comes from {0}: {1}", Sender.Path.Address, forwarded.Change);
        Add(new Pending(new SubmitChange(forwarded.Change, TimeSpan.Zero), ActorRefs.Nobody, Sender, forwarded.ChangeId, _clock()));
    }

    private void HandOverAll()
    {
        foreach ((ulong id, Pending pending) in _pending.ToArray())
        {
            if (pending.HandedTo is not null && !pending.HandedTo.IsSelf && pending.HandedTo != _leader && _leader is not { IsSelf: false, Address: null })
            {
                // Another leads now; what the one before it did with the change is not known.
                Complete(id, new ChangeAnswer(ChangeOutcome.Unknown, default, null));
            }
            else
            {
                HandOver(id, pending);
            }
        }
    }

    private void HandOver(ulong id, Pending pending)
    {
        if (pending.HandedTo is not null || _leader is not { } leader || (!leader.IsSelf && leader.Address is null))
        {
            return;
        }

        switch (pending.Request)
        {
            case SubmitTransfer transfer when leader.IsSelf:
                _raft.Tell(new ProposeTransfer(id, transfer.Target));
                break;
            case SubmitTransfer:
                _pending.Remove(id);
                Answer(pending, new ChangeAnswer(ChangeOutcome.NotTaken, default, null));
                return;
            case SubmitChange change when leader.IsSelf:
                _raft.Tell(new ProposeChange(id, change.Change));
                break;
            case SubmitChange change:
                _peerLocator(leader.Address!).Tell(new ForwardedChange(_clusterId(), id, change.Change), Self);
                break;
        }

        _pending[id] = pending with { HandedTo = leader };
    }

    private void Complete(ulong id, ChangeAnswer answer)
    {
        if (!_pending.TryGetValue(id, out Pending? pending))
        {
            return;
        }

        bool again = answer.Outcome is ChangeOutcome.Busy or ChangeOutcome.NotTaken && pending.Origin is null && _clock() < pending.Deadline
            && !(pending.Request is SubmitTransfer && answer.Outcome == ChangeOutcome.NotTaken);
        if (again)
        {
            // Nothing happened: the next tick hands it over again.
            _pending[id] = pending with { HandedTo = null, LastOutcome = answer.Outcome };
        }
        else
        {
            _pending.Remove(id);
            Answer(pending, answer);
        }
    }

    private void Tick()
    {
        TimeSpan now = _clock();
        foreach ((ulong id, Pending pending) in _pending.ToArray())
        {
            if (pending.Origin is null && now >= pending.Deadline)
            {
                _pending.Remove(id);
                Answer(pending, new ChangeAnswer(pending.HandedTo is null ? pending.LastOutcome : ChangeOutcome.Unknown, default, null));
            }
            else
            {
                HandOver(id, pending);
            }
        }

        if (_pending.Count > 0)
        {
            Timers.StartSingleTimer("tick", ClockTick.Instance, RetryInterval);
        }
    }

    private static void Answer(Pending pending, ChangeAnswer answer)
    {
        if (pending.Origin is not null)
        {
            pending.Origin.Tell(new ForwardedChangeAnswer(pending.OriginId, answer.Outcome, answer.Member, answer.Configuration));
        }
        else
        {
            pending.Requester.Tell(answer);
        }
    }

    private sealed record Pending(object Request, IActorRef Requester, IActorRef? Origin, ulong OriginId, TimeSpan Deadline)
    {
        /// <summary>The leadership that has it; null while nobody has.</summary>
        public LeaderKnown? HandedTo { get; init; }

        /// <summary>What came of handing it over before, if nothing came of it.</summary>
        public ChangeOutcome LastOutcome { get; init; } = ChangeOutcome.NotTaken;
    }
}
