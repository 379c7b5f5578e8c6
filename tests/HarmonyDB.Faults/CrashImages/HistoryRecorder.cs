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
    private readonly Disk _disk;
    private readonly Func<int> _position;
    private readonly List<Expectation> _expectations = [];

    /// <summary>Prepares work on a disk.</summary>
    /// <param name="subject">What to work on.</param>
    /// <param name="seed">Decides about the work.</param>
    /// <param name="disk">The disk, with the folders of <see cref="CrashImage"/> on it.</param>
    /// <param name="position">Tells how far the disk's record is.</param>
    public HistoryRecorder(CrashSubject subject, int seed, Disk disk, Func<int> position)
    {
        _subject = subject;
        _random = new Random(seed);
        _disk = disk;
        _position = position;
        _maximumUnwrittenBytes = _random.Next(2) == 0 ? 8 << 10 : 1 << 20;
        Note();
    }

    /// <summary>Is told that the disk is full, and says whether to try again. The work is stopped unless this is set.</summary>
    public Func<DiskFullException, bool> WhenFull { get; init; } = static _ => false;

    /// <summary>The open log, if there is one.</summary>
    public SegmentedLog? Log { get; private set; }

    /// <summary>The open store, if there is one.</summary>
    public Store? Store { get; private set; }

    /// <summary>What the log holds now, flushed or not.</summary>
    public LogState LogState => _logStates[^1];

    /// <summary>What the store holds now, durable or not.</summary>
    public SortedDictionary<int, byte[]> Values => _values;

    /// <summary>Records one history.</summary>
    public static History Record(CrashSubject subject, int seed)
    {
        using var disk = CrashImage.Empty.ToDisk(0);
        var recording = new RecordingDisk(disk, CrashImage.Empty);
        using var recorder = new HistoryRecorder(subject, seed, recording, () => recording.Events.Count);
        recorder.Run(recorder._random.Next(StepsMinimum, StepsMaximum));
        return recorder.ToHistory(recording.Events);
    }

    /// <summary>What happened so far.</summary>
    public History ToHistory(IReadOnlyList<DiskEvent> events) => new()
    {
        Subject = _subject,
        Events = events,
        Expectations = _expectations,
        LogStates = _logStates,
        StoreStates = _storeStates,
    };

    public void Dispose()
    {
        Log?.Dispose();
        Store?.Dispose();
    }

    /// <summary>Opens the folder and works for so many steps.</summary>
    public void Run(int steps)
    {
        Open();
        for (; steps > 0; steps--)
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
            Retry(() => Log = SegmentedLog.Open(_disk, CrashImage.LogFolder, FolderContent.LogOptions));
            _logFloor = _logStates.Count - 1;
        }

        if (_subject != CrashSubject.Log)
        {
            Retry(() => Store = Storage.Tree.Store.Open(CrashImage.StorePath, FolderContent.StoreOptions(_disk, _maximumUnwrittenBytes)));
        }

        Note();
    }

    /// <summary>The process ends, in good order or not, and the next one begins.</summary>
    private void Reopen()
    {
        if (_random.Next(2) == 0)
        {
            CloseLog();
        }

        Log?.Dispose();
        Log = null;
        Store?.Dispose();
        Store = null;
        _storeAttempt = _storeFloor;
        _values = new SortedDictionary<int, byte[]>(_storeStates[_storeFloor].Values);
        _mark = _subject == CrashSubject.Node ? _storeStates[_storeFloor].Mark : _mark;
        Open();
    }

    /// <summary>A log that finds no room for its last mark is closed nevertheless, and everything in it durable.</summary>
    private void CloseLog()
    {
        var log = Log;
        Log = null;
        try
        {
            log?.Close();
        }
        catch (DiskFullException exception)
        {
            if (!WhenFull(exception))
            {
                throw;
            }
        }
    }

    private void Retry(Action action)
    {
        while (true)
        {
            try
            {
                action();
                return;
            }
            catch (DiskFullException exception)
            {
                if (!WhenFull(exception))
                {
                    throw;
                }
            }
        }
    }

    private void Note() => _expectations.Add(
        new Expectation(_position(), _logFloor, _logStates.Count - 1, _firstIndexMaximum, _storeFloor, _storeAttempt));

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
                Shorten(Store!.OlderDurableMark + 1);
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

        Retry(() =>
        {
            using var transaction = Store!.BeginWrite();
            FolderContent.Apply(transaction, transaction.OpenTree(StoreState.TreeName), Log!, _commit);
            transaction.Commit(Durability.Deferred);
        });
        for (var index = _mark + 1; index <= _commit; index++)
        {
            History.Apply(_values, _logStates[^1].Entry(index));
        }

        _mark = _commit;
        _storeStates.Add(new StoreState(_mark, new SortedDictionary<int, byte[]>(_values)));
    }
}
