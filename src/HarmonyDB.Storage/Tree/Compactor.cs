namespace HarmonyDB.Storage.Tree;

/// <summary>
/// Makes the file shorter while it is in use: passes over all trees move pages from its end to free places before, in write transactions of
/// bounded size; what is free at the end then drops out of both durable states, and is cut off once no reader's mapping reaches there.
/// </summary>
internal sealed class Compactor
{
    /// <summary>Commits after which what was unlinked is out of both durable states, and both say so.</summary>
    private const int SettlingSteps = 3;

    private readonly Store _store;
    private PageMover? _mover;
    private ulong _highestBefore = ulong.MaxValue;
    private long _freeBefore;
    private long _movedInPass;
    private int _settled;

    internal Compactor(Store store)
    {
        _store = store;
    }

    /// <summary>Held by whoever compacts.</summary>
    internal Lock Gate { get; } = new();

    internal CompactionProgress Run(int maximumPages, IProgress<CompactionProgress>? progress, CancellationToken cancellationToken)
    {
        Restart();
        long moved = 0;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            CompactionProgress step = Step(maximumPages);
            moved += step.MovedPages;
            step = step with { MovedPages = moved };
            progress?.Report(step);
            if (step.IsFinished || _settled >= SettlingSteps)
            {
                Restart();
                return step;
            }
        }
    }

    internal CompactionProgress Step(int maximumPages)
    {
        long moved;
        using (WriteTransaction transaction = _store.BeginWrite(trimsTail: true))
        {
            moved = Move(transaction, maximumPages);
            transaction.Commit(Durability.Flushed);
        }

        bool isCut = _store.TryShrink();
        StoreStatistics statistics = _store.Statistics;
        return new CompactionProgress(moved, statistics.PageCount, statistics.FileBytes, isCut && _settled >= SettlingSteps);
    }

    private long Move(WriteTransaction transaction, int maximumPages)
    {
        if (_mover is null)
        {
            // What was deleted lately becomes free only commits later, so a pass that got nowhere may get somewhere with more free pages.
            (ulong highest, ulong target, long free) = _store.MeasureTail();
            if (highest < target || (highest >= _highestBefore && free <= _freeBefore))
            {
                _settled++;
                return 0;
            }

            _highestBefore = highest;
            _freeBefore = Math.Max(_freeBefore, free);
            _movedInPass = 0;
            _settled = 0;
            _mover = new PageMover(target);
        }

        long moved = _mover.Run(transaction, maximumPages);
        _movedInPass += moved;
        if (_mover.IsAtEnd)
        {
            _mover = null;
            _settled = _movedInPass == 0 ? 1 : 0;
        }

        return moved;
    }

    private void Restart()
    {
        _mover = null;
        _highestBefore = ulong.MaxValue;
        _freeBefore = 0;
        _settled = 0;
    }
}
