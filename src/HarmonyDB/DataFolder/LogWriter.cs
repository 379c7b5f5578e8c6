using HarmonyDB.Raft;
using HarmonyDB.Replication;
using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Log;

namespace HarmonyDB.DataFolder;

/// <summary>
/// Carries out what a <see cref="Replica"/> wants of the log: appends, one flush for all that were gathered (group commit), and reads.
/// LogActor and the simulator run this same class; when to flush is theirs.
/// </summary>
/// <remarks>
/// For the log's one thread. After an exception nothing more may be reported: the node stops. A full disk is none: what does not fit even into the
/// <see cref="SpaceReserve"/> waits, and all that comes after it, in order; nothing of it is reported, so nothing of it is acknowledged (W5).
/// </remarks>
internal sealed class LogWriter
{
    private readonly SegmentedLog _log;
    private readonly SpaceReserve? _reserve;
    private readonly Queue<ReplicaEffect> _stalled = new();
    private ulong _lastAppend;
    private ulong _installedIndex;
    private bool _mustFlush;

    /// <summary>Creates it over an open log, which stays its owner's.</summary>
    /// <param name="log">The log.</param>
    /// <param name="reserve">Space to give up when the disk is full; stays its owner's.</param>
    public LogWriter(SegmentedLog log, SpaceReserve? reserve = null)
    {
        _log = log;
        _reserve = reserve;
    }

    /// <summary>Whether something waits for space. <see cref="Retry"/> from time to time.</summary>
    public bool IsStalled => _stalled.Count > 0;

    /// <summary>Number of appends that are written and not reported.</summary>
    public int GatheredAppends { get; private set; }

    /// <summary>Writes an append, or keeps it while the disk is full. It counts once <see cref="Flush"/> has reported it.</summary>
    /// <exception cref="DeviceFailedException">The device failed.</exception>
    public void Append(AppendEffect append) => WriteOrWait(append);

    /// <summary>
    /// Begins the log anew after a snapshot that lies aside, durably: from now on the node starts from that (R45, R46). Counts as an append, which the next
    /// <see cref="Flush"/> reports. Waits while the disk is full.
    /// </summary>
    /// <exception cref="DeviceFailedException">The device failed.</exception>
    public void Install(InstallSnapshotEffect install) => WriteOrWait(install);

    /// <summary>Writes what waits for space, as far as there is some now.</summary>
    /// <exception cref="DeviceFailedException">The device failed.</exception>
    public void Retry()
    {
        while (_stalled.TryPeek(out ReplicaEffect? next) && TryWrite(next))
        {
            _stalled.Dequeue();
        }
    }

    /// <summary>Makes the gathered appends durable, if one of them asks for it.</summary>
    /// <returns>What <see cref="Replica.Appended"/> is to be told: the number of the last of them.</returns>
    /// <exception cref="DeviceFailedException">The flush failed; none of them may be reported (N1, W8).</exception>
    public ulong Flush()
    {
        if (_mustFlush)
        {
            _log.Flush();
        }

        GatheredAppends = 0;
        _mustFlush = false;
        return _lastAppend;
    }

    /// <summary>Reads a range, as <see cref="Replica.LogRangeRead"/> wants it.</summary>
    /// <exception cref="LogDamagedException">An entry does not match its checksum any more.</exception>
    public List<Entry> Read(LogRead request)
    {
        var records = new List<LogEntry>();
        _log.Read(request.From.Value, request.ToExclusive.Value, request.MaximumBytes, records);
        return records.ConvertAll(r => new Entry(new LogIndex(r.Index), new Term(r.Term), (EntryKind)r.Kind, r.Payload));
    }

    /// <summary>Deletes whole segments that nothing needs any more.</summary>
    /// <returns>What <see cref="Replica.LogTruncated"/> is to be told: the first index that is left.</returns>
    /// <exception cref="DeviceFailedException">The device failed.</exception>
    public LogIndex Truncate(TruncateLogEffect truncate)
    {
        _log.TruncatePrefix(truncate.FirstIndexToKeep.Value, truncate.RetainBytes);
        return new LogIndex(_log.FirstIndex);
    }

    private void WriteOrWait(ReplicaEffect effect)
    {
        if (IsStalled || !TryWrite(effect))
        {
            _stalled.Enqueue(effect);
        }
    }

    private bool TryWrite(ReplicaEffect effect)
    {
        while (true)
        {
            try
            {
                if (effect is AppendEffect append)
                {
                    Write(append);
                }
                else
                {
                    Write((InstallSnapshotEffect)effect);
                }

                return true;
            }
            catch (DiskFullException)
            {
                if (_reserve is null || !_reserve.GiveUp())
                {
                    return false;
                }
            }
        }
    }

    private void Write(AppendEffect append)
    {
        // The core counts a snapshot as committed once it is installed; the log has said so since it began after it, and must not take that back.
        LogHardState? hardState = append.HardState is { } hard
            ? new LogHardState(hard.Term.Value, hard.Vote.Value, Math.Max(hard.Commit.Value, _installedIndex))
            : null;
        var entries = new LogEntry[append.Entries.Count];
        for (int i = 0; i < entries.Length; i++)
        {
            Entry entry = append.Entries[i];
            entries[i] = new LogEntry(entry.Index.Value, entry.Term.Value, (byte)entry.Kind, entry.Payload);
        }

        _log.Append(hardState, entries);
        _lastAppend = append.Number;
        _mustFlush |= append.MustFlush;
        GatheredAppends++;
    }

    private void Write(InstallSnapshotEffect install)
    {
        LogHardState hardState = install.HardState is { } hard ? new LogHardState(hard.Term.Value, hard.Vote.Value, hard.Commit.Value) : _log.HardState;
        _log.Reset(install.Index.Value, install.Term.Value, hardState with { Commit = Math.Max(hardState.Commit, install.Index.Value) });
        _installedIndex = install.Index.Value;
        _lastAppend = install.Number;
        GatheredAppends++;
    }
}
