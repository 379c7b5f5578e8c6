using System.Globalization;
using HarmonyDB.Simulation;

namespace HarmonyDB.Faults.Registers;

/// <summary>All calls of all clients on a few registers. Calls may be begun by several threads; it is judged when they are over.</summary>
internal sealed class RegisterHistory
{
    private readonly Lock _gate = new();
    private readonly List<RegisterCall> _calls = [];
    private long _lastValue;

    /// <summary>Number of calls that were answered.</summary>
    public int AnsweredCount => _calls.Count(c => c.End != long.MaxValue);

    /// <summary>Number of writes without an answer.</summary>
    public int UnknownCount => _calls.Count(c => c is { Writes: true, End: long.MaxValue, IsRefused: false });

    /// <summary>Begins a call.</summary>
    /// <param name="register">Number of the register.</param>
    /// <param name="writes">Whether it writes.</param>
    /// <param name="now">The time.</param>
    public RegisterCall Begin(int register, bool writes, long now)
    {
        lock (_gate)
        {
            var call = new RegisterCall(register, writes ? ++_lastValue : 0, now);
            _calls.Add(call);
            return call;
        }
    }

    /// <summary>Whether each register's calls can be explained by one order that respects their times.</summary>
    /// <returns>What cannot be explained, or was not in the steps allowed; empty for a linearizable history.</returns>
    public IReadOnlyList<string> Judge()
    {
        var problems = new List<string>();
        foreach (var register in _calls.GroupBy(c => c.Register))
        {
            List<RegisterCall> calls = [.. register];
            var result = LinearizabilityChecker.Check(Operations(calls));
            if (result != LinearizabilityResult.Linearizable)
            {
                problems.Add(string.Create(
                    CultureInfo.InvariantCulture, $"register {register.Key}, {calls.Count} calls: {result}. {Suspicion(calls)}"));
            }
        }

        return problems;
    }

    /// <summary>
    /// The same with one more read, after everything, that saw what an early write wrote though a later one was acknowledged: a check that works must
    /// object to it.
    /// </summary>
    /// <exception cref="InvalidOperationException">No register was written twice.</exception>
    public RegisterHistory WithStaleRead()
    {
        var doctored = new RegisterHistory { _lastValue = _lastValue };
        doctored._calls.AddRange(_calls);
        foreach (var register in _calls.Where(c => c.Writes && c.End != long.MaxValue).GroupBy(c => c.Register))
        {
            List<RegisterCall> writes = [.. register.OrderBy(c => c.Revision)];
            if (writes.Count > 1)
            {
                var end = _calls.Where(c => c.End != long.MaxValue).Max(c => c.End);
                doctored.Begin(register.Key, writes: false, end + 1).Read(writes[0].Value, writes[0].Revision, end + 2);
                return doctored;
            }
        }

        throw new InvalidOperationException("No register was written twice: nothing could have been stale.");
    }

    private static List<RegisterOperation> Operations(List<RegisterCall> calls)
    {
        // A write without an answer that was seen has its place after all.
        var seen = new Dictionary<long, long>();
        foreach (var call in calls.Where(c => c is { Writes: false, Saw: > 0 }))
        {
            seen[call.Saw] = call.Revision;
        }

        var operations = new List<RegisterOperation>();
        foreach (var call in calls.Where(c => !c.IsRefused && (c.Writes || c.End != long.MaxValue)))
        {
            var revision = call.End == long.MaxValue ? seen.GetValueOrDefault(call.Value, 0) : call.Revision;
            operations.Add(new RegisterOperation
            {
                Begin = call.Begin,
                End = call.End,
                Writes = call.Writes,
                Value = call.Value,
                Saw = call.Saw,
                Hint = revision > 0 || !call.Writes ? (2 * revision) + (call.Writes ? 0 : 1) : RegisterOperation.NoHint,
            });
        }

        return operations;
    }

    // For whoever must find out: the read that was answered with less than had been acknowledged before it began, if there is one.
    private static string Suspicion(List<RegisterCall> calls)
    {
        RegisterCall? latest = null;
        Queue<RegisterCall> ended = new(calls.Where(c => c.Writes && c.End != long.MaxValue).OrderBy(c => c.End));
        foreach (var read in calls.Where(c => !c.Writes && c.End != long.MaxValue).OrderBy(c => c.Begin))
        {
            while (ended.TryPeek(out var write) && write.End < read.Begin)
            {
                ended.Dequeue();
                latest = latest is null || write.Revision > latest.Revision ? write : latest;
            }

            if (latest is not null && read.Revision < latest.Revision)
            {
                return $"Stale: {read}; before it: {latest}";
            }
        }

        return "No single read is to blame.";
    }
}
