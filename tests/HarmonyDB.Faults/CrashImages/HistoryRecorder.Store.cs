using HarmonyDB.Storage.Tree;

namespace HarmonyDB.Faults.CrashImages;

/// <content>Work on the store.</content>
internal sealed partial class HistoryRecorder
{
    private const int KeyCount = 60;

    private readonly List<StoreState> _storeStates = [new(0, [])];
    private readonly long _maximumUnwrittenBytes;
    private Store? _store;
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
        using var transaction = _store!.BeginWrite();
        transaction.Mark = ++_mark;
        var tree = transaction.OpenTree(StoreState.TreeName);
        for (var changes = _random.Next(1, 9); changes > 0; changes--)
        {
            Change(tree);
        }

        _storeStates.Add(new StoreState(_mark, new SortedDictionary<int, byte[]>(_values)));
        if (durability == Durability.Flushed)
        {
            BeginAttempt();
        }

        transaction.Commit(durability);
        EndAttempt();
    }

    private void Change(TreeWriter tree)
    {
        var key = _random.Next(KeyCount);
        switch (_random.Next(20))
        {
            case < 5:
                tree.Delete(StoreState.KeyOf(key));
                _values.Remove(key);
                break;
            case 5:
                var end = key + _random.Next(1, 20);
                tree.DeleteRange(StoreState.KeyOf(key), StoreState.KeyOf(end));
                foreach (var removed in _values.Keys.Where(k => k >= key && k < end).ToArray())
                {
                    _values.Remove(removed);
                }

                break;
            default:
                var value = new byte[_random.Next(12) switch { 0 => _random.Next(1_400, 9_000), 1 => 0, < 6 => _random.Next(200, 900), _ => _random.Next(1, 90) }];
                _random.NextBytes(value);
                tree.Put(StoreState.KeyOf(key), value);
                _values[key] = value;
                break;
        }
    }

    private void Checkpoint()
    {
        BeginAttempt();
        _store!.Checkpoint();
        EndAttempt();
    }

    private void Compact()
    {
        BeginAttempt();
        _store!.CompactStep(4);
        EndAttempt();
    }

    private void BeginAttempt()
    {
        _storeAttempt = _storeStates.Count - 1;
        Note();
    }

    private void EndAttempt()
    {
        if (_store!.DurableMark == _storeStates[_storeAttempt].Mark)
        {
            _storeFloor = _storeAttempt;
        }

        Note();
    }
}
