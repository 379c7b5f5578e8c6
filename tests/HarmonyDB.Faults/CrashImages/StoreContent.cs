using HarmonyDB.Storage.Tree;

namespace HarmonyDB.Faults.CrashImages;

/// <summary>What was found in a store when it was opened.</summary>
internal sealed record StoreContent(ulong Mark, ulong DurableMark, ulong OlderDurableMark, List<(byte[] Key, byte[] Value)> Entries, bool HasDiscarded)
{
    /// <summary>Checks the store and reads all of it.</summary>
    public static StoreContent Read(Store store)
    {
        var report = store.Check();
        if (!report.IsHealthy)
        {
            throw new CrashCheckException($"the store is not healthy: {string.Join("; ", report.Problems)}");
        }

        using var reader = store.BeginRead();
        var entries = new List<(byte[] Key, byte[] Value)>();
        if (reader.TryOpenTree(StoreState.TreeName, out var tree))
        {
            foreach (var entry in tree.Range(default, default))
            {
                entries.Add((entry.Key.ToArray(), entry.Value.ToArray()));
            }
        }

        return new StoreContent(reader.Mark, store.DurableMark, store.OlderDurableMark, entries, store.DiscardedTxId is not null);
    }

    public bool Matches(StoreState state)
    {
        return Mark == state.Mark && DurableMark == Mark && OlderDurableMark <= Mark && Holds(state.Values);
    }

    public bool Holds(SortedDictionary<int, byte[]> values)
    {
        return Entries.Count == values.Count
            && Entries.Zip(values).All(pair =>
                pair.First.Key.AsSpan().SequenceEqual(StoreState.KeyOf(pair.Second.Key)) && pair.First.Value.AsSpan().SequenceEqual(pair.Second.Value));
    }

    public bool IsSameAs(StoreContent other)
    {
        return Mark == other.Mark && Entries.Count == other.Entries.Count
            && Entries.Zip(other.Entries).All(pair =>
                pair.First.Key.AsSpan().SequenceEqual(pair.Second.Key) && pair.First.Value.AsSpan().SequenceEqual(pair.Second.Value));
    }

    public override string ToString() => $"mark {Mark}, durable {DurableMark} and {OlderDurableMark}, {Entries.Count} entries";
}
