using Akka.Actor;
using HarmonyDB.DataFolder;
using HarmonyDB.Replication;

namespace HarmonyDB.Actors;

/// <summary>
/// Owns the log. Appends what it is told and flushes once for all that has gathered meanwhile (group commit), then tells RaftActor what
/// is durable. Runs on a thread of its own: a slow disk stops this actor, never a heartbeat. Any exception stops the node.
/// </summary>
internal sealed class LogActor : ReceiveActor
{
    private const int FlushAfterAppends = 256;

    private readonly LogWriter _log;
    private bool _gathering;
    private IActorRef _raft = ActorRefs.Nobody;

    /// <summary>Creates the actor for an open data folder.</summary>
    public LogActor(NodeFiles files)
    {
        _log = new LogWriter(files.Log);
        Receive<AppendEffect>(append => Gather(() => _log.Append(append)));
        Receive<InstallSnapshotEffect>(install => Gather(() => _log.Install(install)));
        Receive<Gathered>(_ => FlushGathered());
        Receive<ReadLogEffect>(read => Sender.Tell(new LogRangeRead(read.Request, _log.Read(read.Request))));
        Receive<TruncateLogEffect>(truncate => Sender.Tell(new LogTruncated(_log.Truncate(truncate))));
        Receive<SaveIdentityEffect>(save =>
        {
            files.SaveIdentity(save.Identity.ClusterId, save.Identity.MemberId);
            Sender.Tell(new IdentitySaved(save.Identity));
        });
    }

    /// <summary>Props with the dispatcher this actor needs.</summary>
    public static Props Props(NodeFiles files) => Akka.Actor.Props.Create(() => new LogActor(files)).WithDispatcher(NodeDispatchers.Log);

    private void Gather(Action write)
    {
        _raft = Sender;
        write();
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
            _raft.Tell(new LogAppended(_log.Flush()));
        }
    }
}
