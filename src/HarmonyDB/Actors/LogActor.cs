using Akka.Actor;
using HarmonyDB.DataFolder;
using HarmonyDB.Raft;
using HarmonyDB.Replication;
using HarmonyDB.Storage.Log;

namespace HarmonyDB.Actors;

/// <summary>
/// Owns the log. Appends what it is told and flushes once for all that has gathered meanwhile (group commit), then tells RaftActor what
/// is durable. Runs on a thread of its own: a slow disk stops this actor, never a heartbeat. Any exception stops the node.
/// </summary>
internal sealed class LogActor : ReceiveActor
{
    private const int FlushAfterAppends = 256;

    private readonly SegmentedLog _log;
    private ulong _lastAppend;
    private int _unflushedAppends;
    private bool _mustFlush;
    private bool _gathering;
    private IActorRef _raft = ActorRefs.Nobody;

    /// <summary>Creates the actor for an open data folder.</summary>
    public LogActor(NodeFiles files)
    {
        _log = files.Log;
        Receive<AppendEffect>(Append);
        Receive<Gathered>(_ => FlushGathered());
        Receive<ReadLogEffect>(read => Sender.Tell(new LogRangeRead(read.Request, Read(read.Request))));
        Receive<SaveIdentityEffect>(save =>
        {
            files.SaveIdentity(save.Identity.ClusterId, save.Identity.MemberId);
            Sender.Tell(new IdentitySaved(save.Identity));
        });
    }

    /// <summary>Props with the dispatcher this actor needs.</summary>
    public static Props Props(NodeFiles files) => Akka.Actor.Props.Create(() => new LogActor(files)).WithDispatcher(NodeDispatchers.Log);

    private void Append(AppendEffect append)
    {
        _raft = Sender;
        LogHardState? hardState = append.HardState is { } hard ? new LogHardState(hard.Term.Value, hard.Vote.Value, hard.Commit.Value) : null;
        var entries = new LogEntry[append.Entries.Count];
        for (int i = 0; i < entries.Length; i++)
        {
            Entry entry = append.Entries[i];
            entries[i] = new LogEntry(entry.Index.Value, entry.Term.Value, (byte)entry.Kind, entry.Payload);
        }

        _log.Append(hardState, entries);
        _lastAppend = append.Number;
        _mustFlush |= append.MustFlush;
        _unflushedAppends++;
        if (_unflushedAppends >= FlushAfterAppends)
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
        if (_unflushedAppends == 0)
        {
            return;
        }

        if (_mustFlush)
        {
            _log.Flush();
        }

        _unflushedAppends = 0;
        _mustFlush = false;
        _raft.Tell(new LogAppended(_lastAppend));
    }

    private List<Entry> Read(LogRead request)
    {
        var records = new List<LogEntry>();
        _log.Read(request.From.Value, request.ToExclusive.Value, request.MaximumBytes, records);
        return records.ConvertAll(r => new Entry(new LogIndex(r.Index), new Term(r.Term), (EntryKind)r.Kind, r.Payload));
    }
}
