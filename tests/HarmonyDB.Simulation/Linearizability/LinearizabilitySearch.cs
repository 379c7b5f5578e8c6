namespace HarmonyDB.Simulation;

/// <summary>
/// The search of Wing and Gong: place an operation that could be next, go on with the rest, and take it back if that leads nowhere. With Lowe's
/// memory: a set of placed operations and a state that led nowhere once are not gone into again. One use.
/// </summary>
internal sealed class LinearizabilitySearch
{
    private const long StepsMaximum = 4_000_000;

    private readonly RegisterOperation[] _operations;

    // Calls and returns in the order of time, linked from 0; an operation that is placed is taken out, its call and its return.
    private readonly int[] _next;
    private readonly int[] _previous;
    private readonly int[] _operationAt;
    private readonly int[] _returnOf;

    // A set of operations is the exclusive or of the marks of its members; 128 bits do not collide by chance.
    private readonly UInt128[] _marks;
    private readonly HashSet<(UInt128 Placed, long State)> _seen = [];
    private readonly Stack<(int Entry, UInt128 Placed, long State)> _chosen = new();

    /// <summary>Prepares the search.</summary>
    public LinearizabilitySearch(RegisterOperation[] operations)
    {
        _operations = operations;
        _marks = new UInt128[operations.Length];
        _returnOf = new int[operations.Length];
        var random = new SimulatedRandom((ulong)operations.Length);
        var entries = new List<(long Time, bool IsReturn, int Operation)>();
        for (int i = 0; i < operations.Length; i++)
        {
            _marks[i] = new UInt128(random.NextUInt64(), random.NextUInt64());
            entries.Add((operations[i].Begin, false, i));
            if (operations[i].IsKnown)
            {
                entries.Add((operations[i].End, true, i));
            }
        }

        // Calls before returns of the same instant: then the two operations overlap.
        entries.Sort();
        _next = new int[entries.Count + 1];
        _previous = new int[entries.Count + 1];
        _operationAt = new int[entries.Count + 1];
        for (int i = 0; i <= entries.Count; i++)
        {
            _next[i] = i < entries.Count ? i + 1 : 0;
            _previous[i] = i - 1;
        }

        for (int i = 1; i <= entries.Count; i++)
        {
            (_, bool isReturn, int operation) = entries[i - 1];
            _operationAt[i] = isReturn ? ~operation : operation;
            if (isReturn)
            {
                _returnOf[operation] = i;
            }
        }
    }

    /// <summary>Searches.</summary>
    public LinearizabilityResult Run()
    {
        int missing = _operations.Count(o => o.IsKnown);
        UInt128 placed = 0;
        long state = 0;
        int entry = _next[0];
        for (long steps = 0; missing > 0; steps++)
        {
            if (steps > StepsMaximum)
            {
                return LinearizabilityResult.Undecided;
            }

            if (entry != 0 && _operationAt[entry] >= 0)
            {
                int number = _operationAt[entry];
                RegisterOperation operation = _operations[number];
                long after = operation.Writes ? operation.Value : state;
                if (!operation.CanHappenAt(state) || !_seen.Add((placed ^ _marks[number], after)))
                {
                    entry = _next[entry];
                    continue;
                }

                _chosen.Push((entry, placed, state));
                placed ^= _marks[number];
                state = after;
                missing -= operation.IsKnown ? 1 : 0;
                Remove(entry, operation.IsKnown ? _returnOf[number] : 0);
                entry = _next[0];
                continue;
            }

            // The return of an operation that is not placed, or the end: whatever comes next must have come before it.
            if (!_chosen.TryPop(out (int Entry, UInt128 Placed, long State) last))
            {
                return LinearizabilityResult.NotLinearizable;
            }

            (placed, state) = (last.Placed, last.State);
            int taken = _operationAt[last.Entry];
            missing += _operations[taken].IsKnown ? 1 : 0;
            Restore(last.Entry, _operations[taken].IsKnown ? _returnOf[taken] : 0);
            entry = _next[last.Entry];
        }

        return LinearizabilityResult.Linearizable;
    }

    private void Remove(int call, int @return)
    {
        Unlink(call);
        if (@return != 0)
        {
            Unlink(@return);
        }
    }

    // In the opposite order: the links that each left behind are those it finds again.
    private void Restore(int call, int @return)
    {
        if (@return != 0)
        {
            Link(@return);
        }

        Link(call);
    }

    private void Unlink(int entry)
    {
        _next[_previous[entry]] = _next[entry];
        if (_next[entry] != 0)
        {
            _previous[_next[entry]] = _previous[entry];
        }
    }

    private void Link(int entry)
    {
        _next[_previous[entry]] = entry;
        if (_next[entry] != 0)
        {
            _previous[_next[entry]] = entry;
        }
    }
}
