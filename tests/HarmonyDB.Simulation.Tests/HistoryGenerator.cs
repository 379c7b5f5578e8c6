namespace HarmonyDB.Simulation.Tests;

/// <summary>
/// Makes histories of a register. Good ones come from a register: each operation happens at an instant between its begin and its end, or, with
/// an unknown outcome, at any instant after its begin, or never.
/// </summary>
internal sealed class HistoryGenerator(ulong seed)
{
    private readonly SimulatedRandom _random = new(seed);

    /// <summary>A history that is linearizable.</summary>
    /// <param name="operations">How many operations.</param>
    /// <param name="overlap">How many of them overlap, about.</param>
    public List<RegisterOperation> Good(int operations, int overlap)
    {
        var instants = new List<(long Instant, RegisterOperation Operation)>();
        for (int i = 0; i < operations; i++)
        {
            long begin = _random.Between(0, operations * 10L / overlap);
            long end = begin + _random.Between(1, 20);
            bool isUnknown = _random.Chance(100);
            long instant = isUnknown ? begin + _random.Between(0, 100) : _random.Between(begin, end);
            RegisterOperation operation = Draw(i + 1, begin, isUnknown ? long.MaxValue : end);
            if (!isUnknown || (operation.Writes && _random.Chance(700)))
            {
                instants.Add((instant, operation));
            }
            else if (operation.Writes)
            {
                instants.Add((long.MaxValue, operation));
            }
        }

        return Happen(instants);
    }

    /// <summary>
    /// A history that no register can have: a good one in which one read says something else, that was either never there or overwritten
    /// by then and before the read began.
    /// </summary>
    public List<RegisterOperation> Bad(int operations, int overlap)
    {
        while (true)
        {
            List<RegisterOperation> history = Good(operations, overlap);
            int[] reads = [.. Enumerable.Range(0, history.Count).Where(i => history[i].Saw >= 0 && history[i].IsKnown)];
            if (reads.Length == 0)
            {
                continue;
            }

            int read = _random.Pick(reads);
            if (_random.Chance(300))
            {
                history[read] = history[read] with { Saw = operations + 1000 };
                return history;
            }

            // A value that was certainly written over before the read began: another write began after its end, and ended before.
            RegisterOperation reader = history[read];
            RegisterOperation[] stale = [.. history.Where(w => w.Writes && w.Value != 0 && w.IsKnown && w.Value != reader.Value
                && history.Any(o => o.Writes && o.IsKnown && o.Begin > w.End && o.End < reader.Begin))];
            if (stale.Length > 0)
            {
                history[read] = reader with { Saw = _random.Pick(stale).Value };
                return history;
            }
        }
    }

    /// <summary>Any history, good or bad.</summary>
    public List<RegisterOperation> Any(int operations)
    {
        List<RegisterOperation> history = Good(operations, 4);
        for (int changes = _random.Next(3); changes > 0 && history.Count > 0; changes--)
        {
            int at = _random.Next(history.Count);
            history[at] = _random.Next(4) switch
            {
                0 => history[at] with { Saw = _random.Between(0, operations) },
                1 when history[at].IsKnown => history[at] with { End = history[at].Begin + _random.Between(0, 3) },
                2 => history[at] with { End = long.MaxValue },
                _ => history[at] with { Saw = ClientOperation.SawSomething },
            };
        }

        return history;
    }

    private RegisterOperation Draw(int id, long begin, long end)
    {
        int kind = _random.Next(10);
        bool writes = kind >= 4;
        return new RegisterOperation
        {
            Begin = begin,
            End = end,
            Writes = writes,
            Value = kind >= 8 ? 0 : id,

            // Filled in when it happens: reads and half of the writes look.
            Saw = !writes || _random.Chance(500) ? (writes && kind >= 8 && _random.Chance(500) ? ClientOperation.SawSomething : 0) : ClientOperation.SawNothing,
        };
    }

    private static List<RegisterOperation> Happen(List<(long Instant, RegisterOperation Operation)> instants)
    {
        var history = new List<RegisterOperation>();
        long state = 0;
        foreach ((long instant, RegisterOperation operation) in instants.OrderBy(i => i.Instant))
        {
            bool happened = instant != long.MaxValue;
            long saw = operation.IsKnown && happened && operation.Saw != ClientOperation.SawNothing
                ? (operation.Saw == ClientOperation.SawSomething && state != 0 ? ClientOperation.SawSomething : state)
                : ClientOperation.SawNothing;
            history.Add(operation with { Saw = saw });
            state = happened && operation.Writes ? operation.Value : state;
        }

        return history;
    }
}
