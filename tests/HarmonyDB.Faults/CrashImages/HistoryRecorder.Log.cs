using HarmonyDB.Storage.Log;

namespace HarmonyDB.Faults.CrashImages;

/// <content>Work on the log.</content>
internal sealed partial class HistoryRecorder
{
    private readonly List<LogState> _logStates = [new(default, 0, 0, [])];
    private int _logFloor;
    private ulong _firstIndexMaximum = 1;

    /// <summary>Entries up to here are never replaced; a log that is alone learns it with its hard state only.</summary>
    private ulong _commit;

    /// <summary>How far a quorum can have committed: nothing beyond what is flushed, or what was replaced since.</summary>
    private ulong CommittableIndex => _logFloor == _logStates.Count - 1 ? _logStates[^1].LastIndex : _commit;

    private void StepLog()
    {
        switch (_random.Next(100))
        {
            case < 38:
                Append(replaces: false);
                break;
            case < 62:
                FlushLog();
                break;
            case < 76:
                Append(replaces: true);
                break;
            case < 82:
                Vote();
                break;
            case < 92:
                Shorten(_commit + 1);
                break;
            case < 95:
                Reset();
                break;
            default:
                Reopen();
                break;
        }
    }

    /// <summary>Appends a batch: at the end, or in a new term in place of entries that are not committed.</summary>
    private void Append(bool replaces)
    {
        var state = _logStates[^1];
        var hardState = state.HardState;
        if (replaces)
        {
            hardState = hardState with { Term = hardState.Term + 1, Vote = (ulong)_random.Next(4) };
        }

        if (_random.Next(3) == 0)
        {
            _commit = (ulong)_random.NextInt64((long)_commit, (long)CommittableIndex + 1);
            hardState = hardState with { Commit = Math.Max(hardState.Commit, _commit) };
        }

        var first = replaces ? (ulong)_random.NextInt64((long)Math.Max(_commit, Log!.FirstIndex - 1) + 1, (long)state.LastIndex + 2) : state.LastIndex + 1;
        var entries = new LogEntry[_random.Next(replaces ? 1 : 0, 4)];
        for (var i = 0; i < entries.Length; i++)
        {
            var payload = new byte[_random.Next(6) switch { 0 => 0, 1 => _random.Next(1_000, 1_900), 2 => _random.Next(200, 700), _ => _random.Next(1, 90) }];
            _random.NextBytes(payload);
            entries[i] = new LogEntry(first + (ulong)i, hardState.Term, (byte)_random.Next(4), payload);
        }

        Append(hardState == state.HardState ? null : hardState, entries);
    }

    private void Vote()
    {
        var hardState = _logStates[^1].HardState;
        Append(hardState with { Term = hardState.Term + 1, Vote = (ulong)_random.Next(4) }, []);
        FlushLog();
    }

    private void Append(LogHardState? hardState, LogEntry[] entries)
    {
        if (hardState is { } hard)
        {
            _logStates.Add(_logStates[^1] with { HardState = hard });
        }

        if (entries.Length > 0 && entries[0].Index <= _logStates[^1].LastIndex)
        {
            _logStates.Add(_logStates[^1].CutAfter(entries[0].Index - 1));
        }

        foreach (var entry in entries)
        {
            _logStates.Add(_logStates[^1].With(entry));
        }

        Note();
        Retry(() => Log!.Append(hardState, entries));
    }

    private void FlushLog()
    {
        Log!.Flush();
        _logFloor = _logStates.Count - 1;
        Note();
    }

    private void Shorten(ulong firstIndexToKeep)
    {
        firstIndexToKeep = Math.Min(firstIndexToKeep, Log!.LastIndex + 1);
        _firstIndexMaximum = Math.Max(_firstIndexMaximum, firstIndexToKeep);
        Note();
        var retainBytes = _random.Next(2) * (12 << 10);
        Retry(() => Log.TruncatePrefix(firstIndexToKeep, retainBytes));
    }

    private void Reset()
    {
        var state = _logStates[^1];
        var index = state.LastIndex + (ulong)_random.Next(1, 5);
        var hardState = state.HardState with { Commit = index };
        _commit = index;
        _logStates.Add(new LogState(hardState, index, hardState.Term, []));
        Note();
        Retry(() => Log!.Reset(index, hardState.Term, hardState));
        _logFloor = _logStates.Count - 1;
        Note();
    }
}
