using Akka.Actor;
using Akka.Event;
using HarmonyDB.DataFolder;
using HarmonyDB.Replication;
using HarmonyDB.Storage.Files;

namespace HarmonyDB.Actors;

/// <summary>
/// Owns the log. Appends what it is told and flushes once for all that has gathered meanwhile (group commit), then tells RaftActor what
/// is durable. Runs on a thread of its own: a slow disk stops this actor, never a heartbeat. Any exception stops the node; a full disk is none.
/// </summary>
internal sealed class LogActor : ReceiveActor, IWithTimers
{
    private const int FlushAfterAppends = 256;
    private static readonly TimeSpan SpaceInterval = TimeSpan.FromMilliseconds(500);

    private readonly NodeFiles _files;
    private readonly LogWriter _log;
    private readonly DiskStallMeter _meter;
    private bool _gathering;
    private bool _toldFull;
    private IActorRef _raft = ActorRefs.Nobody;

    /// <summary>Creates the actor for an open data folder.</summary>
    /// <param name="files">The folder.</param>
    /// <param name="stallThreshold">How long a write or flush may take before it is told.</param>
    public LogActor(NodeFiles files, TimeSpan stallThreshold)
    {
        _files = files;
        _log = new LogWriter(files.Log, files.Reserve);
        _meter = new DiskStallMeter(Context.GetLogger(), stallThreshold, TimeProvider.System);
        Receive<AppendEffect>(append => Gather(() => _log.Append(append)));
        Receive<InstallSnapshotEffect>(install => Gather(() => _log.Install(install)));
        Receive<Gathered>(_ => FlushGathered());
        Receive<ReadLogEffect>(read => Sender.Tell(new LogRangeRead(read.Request, _log.Read(read.Request))));
        Receive<TruncateLogEffect>(truncate => Sender.Tell(new LogTruncated(_log.Truncate(truncate))));
        Receive<SaveIdentityEffect>(SaveIdentity);
        Receive<ClockTick>(_ => LookForSpace());
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>Props with the dispatcher this actor needs.</summary>
    public static Props Props(NodeFiles files, TimeSpan stallThreshold) =>
        Akka.Actor.Props.Create(() => new LogActor(files, stallThreshold)).WithDispatcher(NodeDispatchers.Log);

    /// <inheritdoc/>
    protected override void PreStart() => Timers.StartPeriodicTimer("space", ClockTick.Instance, SpaceInterval);

    private void Gather(Action write)
    {
        _raft = Sender;
        _meter.Time("write to the log", write);
        TellSpace();
        if (_log.GatheredAppends >= FlushAfterAppends)
        {
            FlushGathered();
        }
        else if (!_gathering)
        {
            // The mailbox is in order: this comes back after every append that is waiting already, and one flush covers them all.
            _gathering = true;
            Self.Tell(Gathered.Instance);
        }
    }

    private void FlushGathered()
    {
        _gathering = false;
        if (_log.GatheredAppends > 0)
        {
            ulong number = 0;
            _meter.TimeFlush("flush of the log", () => number = _log.Flush());
            _raft.Tell(new LogAppended(number));
        }
    }

    // What waits for space is written once there is some, and only then is the reserve filled again: with it the node takes writes.
    private void LookForSpace()
    {
        if (_log.IsStalled)
        {
            _log.Retry();
            FlushGathered();
        }

        if (!_log.IsStalled)
        {
            _files.Reserve.TryTake();
        }

        TellSpace();
    }

    private void TellSpace()
    {
        bool isFull = _log.IsStalled || !_files.Reserve.IsHeld;
        if (isFull != _toldFull && !_raft.IsNobody())
        {
            _toldFull = isFull;
            NodeMetrics.DiskFull(DiskPart.Log, isFull);
            _raft.Tell(new DiskSpaceChanged(DiskPart.Log, isFull));
        }
    }

    private void SaveIdentity(SaveIdentityEffect save)
    {
        try
        {
            _files.SaveIdentity(save.Identity.ClusterId, save.Identity.MemberId, save.IsRemoved);
        }
        catch (DiskFullException) when (_files.Reserve.GiveUp())
        {
            _files.SaveIdentity(save.Identity.ClusterId, save.Identity.MemberId, save.IsRemoved);
        }

        Sender.Tell(new IdentitySaved(save.Identity));
    }
}
