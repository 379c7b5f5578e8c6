using HarmonyDB.Storage.Log;

namespace HarmonyDB.Faults.CrashImages;

/// <summary>What was done to a folder, as its disk saw it, and what may be found in it after a crash at any moment.</summary>
internal sealed class History
{
    public required CrashSubject Subject { get; init; }

    public required IReadOnlyList<DiskEvent> Events { get; init; }

    public required IReadOnlyList<Expectation> Expectations { get; init; }

    public required IReadOnlyList<LogState> LogStates { get; init; }

    public required IReadOnlyList<StoreState> StoreStates { get; init; }

    /// <summary>What may be found after the first so many events.</summary>
    public Expectation At(int eventCount)
    {
        var found = Expectations[0];
        foreach (var expectation in Expectations)
        {
            if (expectation.EventCount > eventCount)
            {
                break;
            }

            found = expectation;
        }

        return found;
    }

    /// <summary>Compares what was found with what may be.</summary>
    /// <exception cref="CrashCheckException">Something is lost, or is there that never was.</exception>
    public Verdict Judge(int eventCount, FolderContent found)
    {
        var expected = At(eventCount);
        var isLogAhead = false;
        LogState? logState = null;
        if (found.Log is { } log)
        {
            var state = expected.LogFloor;
            while (state <= expected.LogCeiling && !log.Matches(LogStates[state], expected.FirstIndexMaximum))
            {
                state++;
            }

            if (state > expected.LogCeiling)
            {
                throw new CrashCheckException($"the log holds [{log}], which is none of its states {expected.LogFloor} to {expected.LogCeiling}");
            }

            logState = LogStates[state];
            isLogAhead = state > expected.LogFloor;
        }

        var isStoreAhead = false;
        if (found.Store is { } store)
        {
            isStoreAhead = !store.Matches(StoreStates[expected.StoreFloor]);
            if (isStoreAhead && !store.Matches(StoreStates[expected.StoreAttempt]))
            {
                throw new CrashCheckException(
                    $"the store holds [{store}], and marks {StoreStates[expected.StoreFloor].Mark} and {StoreStates[expected.StoreAttempt].Mark} are possible");
            }
        }

        if (found.Log is not null && found.Store is not null)
        {
            JudgeTogether(logState!, found.Log, found.Store);
        }

        return new Verdict(isLogAhead, isStoreAhead, found.Log?.CutBytes > 0, found.Store?.HasDiscarded == true);
    }

    private static void JudgeTogether(LogState state, LogContent log, StoreContent store)
    {
        if (store.Mark > log.LastIndex || log.FirstIndex > store.OlderDurableMark + 1)
        {
            throw new CrashCheckException($"the log [{log}] does not continue the store [{store}]");
        }

        var values = new SortedDictionary<int, byte[]>();
        for (var index = 1ul; index <= store.Mark; index++)
        {
            Apply(values, state.Entry(index));
        }

        if (!store.Holds(values))
        {
            throw new CrashCheckException($"the store [{store}] is not what the first {store.Mark} entries of the log give");
        }
    }

    /// <summary>What an entry does to the store of a node.</summary>
    public static void Apply(SortedDictionary<int, byte[]> values, LogEntry entry)
    {
        var key = (int)((entry.Index * 7) + entry.Term) % 24;
        if (entry.Index % 6 == 5)
        {
            values.Remove(key);
        }
        else
        {
            values[key] = [(byte)entry.Index, .. entry.Payload.Span];
        }
    }
}
