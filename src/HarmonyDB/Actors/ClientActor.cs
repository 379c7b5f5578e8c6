using Akka.Actor;
using Akka.Event;
using HarmonyDB.Configuration;
using HarmonyDB.DataFolder;
using HarmonyDB.Messages;
using HarmonyDB.Replication;

namespace HarmonyDB.Actors;

/// <summary>
/// The front door: orders requests, batches what gathers in its mailbox, hands batches to the leader (here, or the ClientActor of the node
/// that leads), waits out an election up to each request's deadline, and answers. A batch is forwarded once and never resent.
/// </summary>
internal sealed class ClientActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan TickInterval = TimeSpan.FromMilliseconds(20);

    private readonly LimitSettings _limits;
    private readonly Func<ulong> _clusterId;
    private readonly Func<TimeSpan> _clock;
    private readonly Func<string, ICanTell> _peerLocator;
    private readonly PendingWrites _writes;
    private readonly PendingReads _reads;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private LeaderKnown? _leader;
    private IActorRef _raft = ActorRefs.Nobody;
    private TimeSpan _handOverFrom;
    private bool _gathering;
    private bool _ticking;

    /// <summary>Creates the actor.</summary>
    /// <param name="settings">Limits and raft settings.</param>
    /// <param name="clusterId">The cluster this node belongs to, 0 before birth.</param>
    /// <param name="clock">The monotonic clock.</param>
    /// <param name="peerLocator">Finds the ClientActor at a peer's remoting address.</param>
    public ClientActor(HarmonySettings settings, Func<ulong> clusterId, Func<TimeSpan> clock, Func<string, ICanTell> peerLocator)
    {
        _limits = settings.Limits;
        _clusterId = clusterId;
        _clock = clock;
        _peerLocator = peerLocator;

        // A batch is one log entry: no larger than the log takes, which the limit on requests decides.
        int batchBytesMaximum = Math.Min(settings.Raft.AppendBytesMaximum, _limits.RequestBytesMaximum + NodeFiles.RequestOverheadBytes);
        _writes = new PendingWrites(
            _limits.PendingRequestsMaximum, _limits.PendingBytesMaximum, _limits.BatchCommandsMaximum, batchBytesMaximum, _limits.RequestBytesMaximum);
        _reads = new PendingReads(_limits.PendingRequestsMaximum, 2 * settings.Raft.HeartbeatInterval);

        Receive<SubmitCommand>(submit =>
        {
            _writes.Add(new PendingCommand(submit.Command, Sender, _clock() + submit.Timeout));
            Gather();
        });
        Receive<SubmitRead>(submit =>
        {
            _reads.Add(Sender, _clock() + submit.Timeout);
            Gather();
        });
        Receive<Gathered>(_ => HandOver());
        Receive<LeaderKnown>(ChangeLeader);
        Receive<AnswerBatchEffect>(answer => Complete(answer.BatchId, answer.Outcome, answer.Results));
        Receive<AnswerReadEffect>(AnswerReads);
        Receive<ForwardedBatch>(TakeForwarded);
        Receive<ForwardedBatchAnswer>(answer => Complete(answer.BatchId, answer.Outcome, answer.Results));
        Receive<ClockTick>(_ => Tick());
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>Props with the dispatcher this actor needs.</summary>
    public static Props Props(HarmonySettings settings, Func<ulong> clusterId, Func<TimeSpan> clock, Func<string, ICanTell> peerLocator) =>
        Akka.Actor.Props.Create(() => new ClientActor(settings, clusterId, clock, peerLocator)).WithDispatcher(NodeDispatchers.Client);

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _writes.Stop();
        _reads.Stop();
    }

    // Deadlines are looked at only while there are any: an idle node has no need of a clock.
    private void KeepTime()
    {
        if (!_ticking)
        {
            _ticking = true;
            Timers.StartSingleTimer("tick", ClockTick.Instance, TickInterval);
        }
    }

    private void Gather()
    {
        KeepTime();
        if (!_gathering)
        {
            // Comes back after all requests that are waiting in the mailbox already: they share a batch.
            _gathering = true;
            Self.Tell(Gathered.Instance);
        }
    }

    private void HandOver()
    {
        _gathering = false;
        if (_leader is { } leader)
        {
            while (_writes.AnyWaiting && _clock() >= _handOverFrom && (leader.IsSelf || leader.Address is not null))
            {
                (ulong batchId, byte[] payload) = _writes.TakeBatch(leader);
                if (leader.IsSelf)
                {
                    _raft.Tell(new ProposeBatch(batchId, payload));
                }
                else
                {
                    _peerLocator(leader.Address!).Tell(new ForwardedBatch(_clusterId(), batchId, payload), Self);
                }
            }

            if (_reads.TryAsk(_clock(), out ulong requestId))
            {
                _raft.Tell(new AskReadIndex(requestId));
            }
        }
    }

    private void ChangeLeader(LeaderKnown leader)
    {
        _raft = Sender;
        _leader = leader;
        _handOverFrom = TimeSpan.Zero;
        if (leader.IsSelf || leader.Address is not null)
        {
            _writes.LeaderChanged(leader);
            _reads.LeaderChanged();
        }

        HandOver();
    }

    private void Complete(ulong batchId, BatchOutcome outcome, IReadOnlyList<CommandResult> results)
    {
        _writes.Complete(batchId, outcome, results);
        if (outcome == BatchOutcome.NotTaken)
        {
            // Whoever does not lead will not lead at once: without a pause each new request would send all that waits back and forth again.
            _handOverFrom = _clock() + TickInterval;
        }
    }

    private void AnswerReads(AnswerReadEffect answer)
    {
        _reads.Complete(answer.RequestId, answer.Confirmed);
        if (_reads.TryAsk(_clock(), out ulong requestId))
        {
            _raft.Tell(new AskReadIndex(requestId));
        }
    }

    private void TakeForwarded(ForwardedBatch forwarded)
    {
        if (_leader is not { IsSelf: true } leader || forwarded.ClusterId != _clusterId() || !IsSound(forwarded.Payload)
            || !_writes.TryTrackForwarded(Sender, forwarded.BatchId, forwarded.Payload.Length, _clock() + _limits.RequestTimeout, leader, out ulong batchId))
        {
            Sender.Tell(new ForwardedBatchAnswer(forwarded.BatchId, BatchOutcome.NotTaken, []));
            return;
        }

        KeepTime();
        _raft.Tell(new ProposeBatch(batchId, forwarded.Payload));
    }

    // What a peer sends goes into the log of every member, so it is read here as strictly as what a client sends.
    private bool IsSound(ReadOnlyMemory<byte> payload)
    {
        string? problem = CommandLimits.BatchProblem(payload.Span, _limits);
        if (problem is not null)
        {
            _log.Warning("Refusing a batch from {0}: {1}", Sender.Path, problem);
        }

        return problem is null;
    }

    private void Tick()
    {
        TimeSpan now = _clock();
        _ticking = false;
        _writes.Expire(now);
        _reads.Expire(now);
        HandOver();
        if (!_writes.IsEmpty || !_reads.IsEmpty)
        {
            KeepTime();
        }
    }
}
