using HarmonyDB.Raft;
using HarmonyDB.Raft.Messages;

namespace HarmonyDB.Replication;

/// <summary>
/// What of the core's decisions waits for the log: messages leave only when what they assert is durable (R26), in the order of the appends, and while a
/// snapshot is being installed nothing counts before log and store have both begun anew (R45). Pure.
/// </summary>
internal sealed class WriteOrder
{
    private readonly Action<ReplicaEffect> _emit;
    private readonly Queue<(ulong Number, ulong Append, IReadOnlyList<RaftMessage> Messages)> _waiting = new();
    private ulong _lastAppend;
    private (ulong Number, ulong Appended, LogIndex Index, Term Term)? _installing;

    /// <summary>Creates it with nothing under way.</summary>
    /// <param name="emit">Takes effects.</param>
    public WriteOrder(Action<ReplicaEffect> emit)
    {
        _emit = emit;
    }

    /// <summary>Whether a snapshot is being installed.</summary>
    public bool IsInstalling => _installing is not null;

    /// <summary>Has written what is to be written.</summary>
    /// <returns>Whether the messages that wait for the log wait for nothing, and may leave now.</returns>
    public bool Write(Ready ready)
    {
        if (ready.Snapshot is { } snapshot)
        {
            _lastAppend = ready.Number;
            _installing = (ready.Number, 0, snapshot.Index, snapshot.Term);
            _emit(new InstallSnapshotEffect(ready.Number, ready.HardState, snapshot.Index, snapshot.Term));
            if (ready.Entries.Count > 0)
            {
                _emit(new AppendEffect(ready.Number, null, ready.Entries, ready.MustFlush));
            }
        }
        else if (ready.HardState is not null || ready.Entries.Count > 0)
        {
            _lastAppend = ready.Number;
            _emit(new AppendEffect(ready.Number, ready.HardState, ready.Entries, ready.MustFlush));
        }
        else if (_waiting.Count == 0)
        {
            return true;
        }

        // A Ready with nothing of its own to write still waits its turn: its messages may assert what an earlier append writes.
        _waiting.Enqueue((ready.Number, _lastAppend, ready.MessagesAfterFlush));
        return false;
    }

    /// <summary>An append, and all before it, are durable. Gives the Readys that are, in order, and the messages of each.</summary>
    public IEnumerable<(ulong Number, IReadOnlyList<RaftMessage> Messages)> Appended(ulong append)
    {
        if (_installing is { } installing && append >= installing.Number)
        {
            // The log has begun anew; what was appended since waits until the store has, too.
            if (installing.Appended == 0)
            {
                _emit(new SwapStoreEffect(installing.Index, installing.Term));
            }

            _installing = installing with { Appended = append };
            return [];
        }

        return Release(append);
    }

    /// <summary>The snapshot is the store now. Gives what <see cref="Appended"/> held back.</summary>
    /// <param name="index">Up to where the store has applied everything.</param>
    public IEnumerable<(ulong Number, IReadOnlyList<RaftMessage> Messages)> Swapped(out LogIndex index)
    {
        (ulong _, ulong appended, index, Term _) = _installing ?? throw new InvalidOperationException("No snapshot is being installed.");
        _installing = null;
        return Release(appended);
    }

    private IEnumerable<(ulong Number, IReadOnlyList<RaftMessage> Messages)> Release(ulong append)
    {
        while (_waiting.TryPeek(out (ulong Number, ulong Append, IReadOnlyList<RaftMessage> Messages) next) && next.Append <= append)
        {
            _waiting.Dequeue();
            yield return (next.Number, next.Messages);
        }
    }
}
