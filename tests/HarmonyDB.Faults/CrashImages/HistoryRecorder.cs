using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Log;
using HarmonyDB.Storage.Tree;

namespace HarmonyDB.Faults.CrashImages;

/// <summary>Works on a folder as a seed says, and writes down what may be found after a crash.</summary>
internal sealed partial class HistoryRecorder : IDisposable
{
    private const int StepsMinimum = 10;
    private const int StepsMaximum = 26;

    private readonly CrashSubject _subject;
    private readonly Random _random;
    private readonly SimulatedDisk _disk = new(0, CrashImage.FileBytesMaximum);
    private readonly RecordingDisk _recording;
    private readonly List<Expectation> _expectations = [];

    private HistoryRecorder(CrashSubject subject, int seed)
    {
        _subject = subject;
        _random = new Random(seed);
        _disk.CreateDirectory(CrashImage.LogFolder);
        _recording = new RecordingDisk(_disk, CrashImage.Empty);
        _maximumUnwrittenBytes = _random.Next(2) == 0 ? 8 << 10 : 1 << 20;
    }

    /// <summary>Records one history.</summary>
    public static History Record(CrashSubject subject, int seed)
    {
        using var recorder = new HistoryRecorder(subject, seed);
        recorder.Run();
        return new History
        {
            Subject = subject,
            Events = recorder._recording.Events,
            Expectations = recorder._expectations,
            LogStates = recorder._logStates,
            StoreStates = recorder._storeStates,
        };
    }

    public void Dispose()
    {
        _log?.Dispose();
        _store?.Dispose();
        _disk.Dispose();
    }

    private void Run()
    {
        Note();
        Open();
        for (var steps = _random.Next(StepsMinimum, StepsMaximum); steps > 0; steps--)
        {
            switch (_subject)
            {
                case CrashSubject.Log:
                    StepLog();
                    break;
                case CrashSubject.Store:
                    StepStore();
                    break;
                default:
                    StepNode();
                    break;
            }
        }
    }

    private void Open()
    {
        if (_subject != CrashSubject.Store)
        {
            _log = SegmentedLog.Open(_recording, CrashImage.LogFolder, FolderContent.LogOptions);
            _logFloor = _logStates.Count - 1;
        }

        if (_subject != CrashSubject.Log)
        {
            _store = Store.Open(CrashImage.StorePath, FolderContent.StoreOptions(_recording, _maximumUnwrittenBytes));
        }

        Note();
    }

    /// <summary>The process ends, in good order or not, and the next one begins.</summary>
    private void Reopen()
    {
        if (_random.Next(2) == 0)
        {
            _log?.Close();
        }

        _log?.Dispose();
        _store?.Dispose();
        _storeAttempt = _storeFloor;
        _values = new SortedDictionary<int, byte[]>(_storeStates[_storeFloor].Values);
        _mark = _subject == CrashSubject.Node ? _storeStates[_storeFloor].Mark : _mark;
        Open();
    }

    private void Note() => _expectations.Add(
        new Expectation(_recording.Events.Count, _logFloor, _logStates.Count - 1, _firstIndexMaximum, _storeFloor, _storeAttempt));

    /// <summary>As a node does: entries are flushed, then committed, then applied; now and then a checkpoint, behind which the log is shortened.</summary>
    private void StepNode()
    {
        switch (_random.Next(100))
        {
            case < 30:
                Append(replaces: false);
                break;
            case < 50:
                FlushLog();
                break;
            case < 60:
                Append(replaces: true);
                break;
            case < 78:
                Apply();
                break;
            case < 94:
                Checkpoint();
                Shorten(_store!.OlderDurableMark + 1);
                break;
            default:
                Reopen();
                break;
        }
    }

    private void Apply()
    {
        _commit = CommittableIndex;
        if (_commit <= _mark)
        {
            return;
        }

        using var transaction = _store!.BeginWrite();
        FolderContent.Apply(transaction, transaction.OpenTree(StoreState.TreeName), _log!, _commit);
        transaction.Commit(Durability.Deferred);
        for (var index = _mark + 1; index <= _commit; index++)
        {
            History.Apply(_values, _logStates[^1].Entry(index));
        }

        _mark = _commit;
        _storeStates.Add(new StoreState(_mark, new SortedDictionary<int, byte[]>(_values)));
    }
}
