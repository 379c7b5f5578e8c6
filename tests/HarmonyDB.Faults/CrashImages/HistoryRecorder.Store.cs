using HarmonyDB.Storage.Tree;

namespace HarmonyDB.Faults.CrashImages;

/// <content>Work on the store.</content>
internal sealed partial class HistoryRecorder
{
    private const int KeyCount = 60;

    private readonly List<StoreState> _storeStates = [new(0, [])];
    private readonly long _maximumUnwrittenBytes;
    private SortedDictionary<int, byte[]> _values = [];
    private ulong _mark;
    private int _storeFloor;
    private int _storeAttempt;

    private void StepStore()
    {
        switch (_random.Next(100))
        {
            case < 45:
                Commit(Durability.Flushed);
                break;
            case < 72:
                Commit(Durability.Deferred);
                break;
            case < 86:
                Checkpoint();
                break;
            case < 93:
                Compact();
                break;
            default:
                Reopen();
                break;
        }
    }

    private void Commit(Durability durability)
    {
        var changes = new List<Action<TreeWriter>>();
        for (var count = _random.Next(1, 9); count > 0; count--)
        {
            changes.Add(NextChange());
        }

        _storeStates.Add(new StoreState(++_mark, new SortedDictionary<int, byte[]>(_values)));
        if (durability == Durability.Flushed)
        {
            BeginAttempt();
        }

        Retry(() =>
        {
            using var transaction = Store!.BeginWrite();
            transaction.Mark = _mark;
            var tree = transaction.OpenTree(StoreState.TreeName);
            changes.ForEach(change => change(tree));
            transaction.Commit(durability);
        });
        EndAttempt();
    }

    /// <summary>Chooses a change and does it to the model.</summary>
    private Action<TreeWriter> NextChange()
    {
        var key = _random.Next(KeyCount);
        switch (_random.Next(20))
        {
            case < 5:
                _values.Remove(key);
                return tree => tree.Delete(StoreState.KeyOf(key));
            case 5:
                var end = key + _random.Next(1, 20);
                foreach (var removed in _values.Keys.Where(k => k >= key && k < end).ToArray())
                {
                    _values.Remove(removed);
                }

                return tree => tree.DeleteRange(StoreState.KeyOf(key), StoreState.KeyOf(end));
            default:
                var value = new byte[_random.Next(12) switch { 0 => _random.Next(1_400, 9_000), 1 => 0, < 6 => _random.Next(200, 900), _ => _random.Next(1, 90) }];
                _random.NextBytes(value);
                _values[key] = value;
                return tree => tree.Put(StoreState.KeyOf(key), value);
        }
    }

    private void Checkpoint()
    {
        BeginAttempt();
        Retry(() => Store!.Checkpoint());
        EndAttempt();
    }

    private void Compact()
    {
        BeginAttempt();
        Retry(() => Store!.CompactStep(4));
        EndAttempt();
    }

    private void BeginAttempt()
    {
        _storeAttempt = _storeStates.Count - 1;
        Note();
    }

    private void EndAttempt()
    {
        if (Store!.DurableMark == _storeStates[_storeAttempt].Mark)
        {
            _storeFloor = _storeAttempt;
        }

        Note();
    }
}
