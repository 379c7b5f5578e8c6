using Google.Protobuf;
using HarmonyDB.Messages;
using HarmonyDB.Raft;

namespace HarmonyDB.Simulation;

/// <summary>Whether what clients were told can be true: against the agreed history, by revisions, and key by key as a linearizable register.</summary>
internal static class HistoryChecks
{
    private const int PositionsMaximum = 1024;

    /// <summary>Checks a history.</summary>
    /// <param name="history">Every operation, in the order of their beginnings.</param>
    /// <param name="committed">What the cluster agreed on.</param>
    /// <exception cref="SimulationFailedException">It cannot be true.</exception>
    public static void Check(IReadOnlyList<ClientOperation> history, CommittedLog committed)
    {
        AgainstCommitted(history, committed.Entries);
        Revisions(history);
        foreach (IGrouping<int, ClientOperation> key in history.GroupBy(o => o.Key))
        {
            Linearizable(key.Key, key, committed.Entries);
        }
    }

    // Every acknowledged write is in the final history, where its leader put it, and had the answer that history gives.
    private static void AgainstCommitted(IReadOnlyList<ClientOperation> history, IReadOnlyList<Entry> entries)
    {
        Dictionary<long, (long Revision, long Saw)> results = Replay(entries);
        foreach (ClientOperation operation in history)
        {
            if (!operation.Writes || operation.Outcome != OperationOutcome.Done)
            {
                continue;
            }

            if (!IsCommitted(operation, entries) || !results.TryGetValue(Place(operation.Index, operation.Position), out (long Revision, long Saw) result))
            {
                throw new SimulationFailedException($"An acknowledged write is not in the final history: {operation}.");
            }

            bool sawIt = operation.Saw switch
            {
                ClientOperation.SawNothing => true,
                ClientOperation.SawSomething => result.Saw != 0,
                _ => operation.Saw == result.Saw,
            };
            if (operation.Revision != result.Revision || !sawIt)
            {
                throw new SimulationFailedException($"The final history gives {result}, but the client was told: {operation}.");
            }
        }
    }

    private static bool IsCommitted(ClientOperation operation, IReadOnlyList<Entry> entries) =>
        operation.Index > LogIndex.Zero && operation.Index.Value <= (ulong)entries.Count && entries[(int)operation.Index.Value - 1].Term == operation.Term;

    private static long Place(LogIndex index, int position) => ((long)index.Value * PositionsMaximum) + position;

    // The keyspace's rules, once more and as simply as they can be said: what every command of the agreed history must have answered.
    private static Dictionary<long, (long Revision, long Saw)> Replay(IReadOnlyList<Entry> entries)
    {
        var results = new Dictionary<long, (long Revision, long Saw)>();
        var state = new Dictionary<ByteString, long>();
        long revision = 1;
        foreach (Entry entry in entries)
        {
            if (entry.Kind != EntryKind.Command)
            {
                continue;
            }

            int position = 0;
            foreach (Command command in CommandBatch.Parser.ParseFrom(entry.Payload.Span).Commands)
            {
                ByteString key = command.Put?.Key ?? command.DeleteRange.Key;
                long saw = state.GetValueOrDefault(key);
                if (command.Put is { } put)
                {
                    state[key] = FrontDoor.WriterOf(put.Value.Span);
                    revision++;
                }
                else if (state.Remove(key))
                {
                    revision++;
                }

                results.Add(Place(entry.Index, position++), (revision, saw));
            }
        }

        return results;
    }

    // Revisions count all writes of the cluster: whoever begins after another's end is told no lower one, whatever the key.
    private static void Revisions(IReadOnlyList<ClientOperation> history)
    {
        ClientOperation[] ends = [.. history.Where(o => o.Outcome == OperationOutcome.Done).OrderBy(o => o.End)];
        int ended = 0;
        long highest = 0;
        foreach (ClientOperation operation in history)
        {
            for (; ended < ends.Length && ends[ended].End < operation.Begin; ended++)
            {
                highest = Math.Max(highest, ends[ended].Revision);
            }

            if (operation.Outcome == OperationOutcome.Done && operation.Revision < highest)
            {
                throw new SimulationFailedException($"Revision {highest} was told before this began: {operation}.");
            }
        }
    }

    private static void Linearizable(int key, IEnumerable<ClientOperation> operations, IReadOnlyList<Entry> entries)
    {
        var register = new List<RegisterOperation>();
        foreach (ClientOperation operation in operations)
        {
            bool isKnown = operation.Outcome == OperationOutcome.Done;
            if (!isKnown && (operation.Outcome == OperationOutcome.NotTaken || !operation.Writes))
            {
                continue;
            }

            // Where the agreed history has it; reads come after what they saw applied. It is only where the checker looks first.
            bool isPlaced = !operation.Writes || IsCommitted(operation, entries);
            register.Add(new RegisterOperation
            {
                Begin = operation.Begin,
                End = isKnown ? operation.End : long.MaxValue,
                Writes = operation.Writes,
                Value = operation.Deletes ? 0 : operation.Id,
                Saw = operation.Saw,
                Hint = isPlaced ? Place(operation.Index, operation.Writes ? operation.Position : PositionsMaximum - 1) : RegisterOperation.NoHint,
            });
        }

        LinearizabilityResult result = LinearizabilityChecker.Check(register);
        if (result != LinearizabilityResult.Linearizable)
        {
            string list = string.Join(
                Environment.NewLine, operations.Where(o => o.Outcome != OperationOutcome.NotTaken).TakeLast(40).Select(o => $"  {o.Begin}..{o.End} {o}"));
            throw new SimulationFailedException($"The history of key {key} is {result}; its last operations:{Environment.NewLine}{list}");
        }
    }
}
