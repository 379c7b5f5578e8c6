using HarmonyDB.Client;
using HarmonyDB.Storage.Tree;

namespace HarmonyDB.Keyspace;

/// <summary>Reads of the keyspace in a snapshot of the store, on the caller's thread.</summary>
internal static class KeyspaceReader
{
    /// <summary>The revision that a snapshot reflects.</summary>
    /// <exception cref="KeyspaceCorruptException">The state record is missing, damaged, or of another format.</exception>
    public static long Revision(ReadTransaction transaction) =>
        TryReadState(transaction, out var stored) ? StateRecord.ReadRevision(stored) : KeyspaceLayout.FirstRevision;

    /// <summary>The hash of the content that a snapshot reflects.</summary>
    /// <exception cref="KeyspaceCorruptException">The state record is missing, damaged, or of another format.</exception>
    public static StateHash Hash(ReadTransaction transaction) =>
        TryReadState(transaction, out var stored) ? StateRecord.ReadHash(stored) : default;

    /// <summary>The hash of the content, made anew by reading all of it; equal to <see cref="Hash"/> unless something is wrong.</summary>
    public static StateHash ComputeHash(ReadTransaction transaction)
    {
        var hash = default(StateHash);
        if (transaction.TryOpenTree(KeyspaceLayout.LatestTree, out var latest))
        {
            using var cursor = latest.OpenCursor();
            for (var found = cursor.SeekCeiling([]); found; found = cursor.Next())
            {
                hash.Add(cursor.Key, cursor.Value);
            }
        }

        return hash;
    }

    /// <summary>The newest configuration that a snapshot reflects: the index of its log entry and the entry's payload; index 0 when there was none yet.</summary>
    /// <exception cref="KeyspaceCorruptException">The record is damaged.</exception>
    public static (ulong Index, byte[] Payload) Configuration(ReadTransaction transaction) =>
        transaction.TryOpenTree(KeyspaceLayout.SystemTree, out var system) && system.TryGet(KeyspaceLayout.ConfigurationKey, out var stored)
            ? ConfigurationRecord.Read(stored)
            : (0, []);

    /// <summary>Finds the latest version of a key without copying or allocating.</summary>
    /// <param name="transaction">The snapshot.</param>
    /// <param name="key">The key; not empty.</param>
    /// <param name="record">What is stored; its value lies in the store's memory and is valid until the transaction is disposed.</param>
    /// <returns>Whether the key is there.</returns>
    public static bool TryGet(ReadTransaction transaction, ReadOnlySpan<byte> key, out KeyRecord record)
    {
        if (transaction.TryOpenTree(KeyspaceLayout.LatestTree, out var latest) && latest.TryGet(key, out var stored))
        {
            record = KeyRecord.Read(stored);
            return true;
        }

        record = default;
        return false;
    }

    /// <summary>Answers a read by etcd's rules; the answer is a copy and outlives the snapshot.</summary>
    /// <param name="transaction">The snapshot.</param>
    /// <param name="request">What to read; with an empty key only a range has keys.</param>
    /// <param name="origin">The header of the answer; its revision is replaced by the snapshot's.</param>
    /// <exception cref="KeyspaceCorruptException">A record that was met is damaged.</exception>
    public static RangeResult Range(ReadTransaction transaction, RangeRequest request, ResponseHeader origin)
    {
        var header = origin with { Revision = Revision(transaction) };
        var range = RangeBounds.Of(request.Key.Span, request.RangeEnd.Span);
        if (range.IsSingleKey)
        {
            return Single(transaction, request, header);
        }

        return transaction.TryOpenTree(KeyspaceLayout.LatestTree, out var latest)
            ? Scan(latest, range, request, header)
            : new RangeResult(header, [], More: false, Count: 0);
    }

    private static bool TryReadState(ReadTransaction transaction, out ReadOnlySpan<byte> stored)
    {
        stored = default;
        if (transaction.TryOpenTree(KeyspaceLayout.SystemTree, out var system) && system.TryGet(KeyspaceLayout.StateKey, out stored))
        {
            return true;
        }

        // Every batch writes the record, so only a store without a single batch is without one.
        return transaction.Mark == 0
            ? false
            : throw new KeyspaceCorruptException($"Entries up to {transaction.Mark} are applied, but the keyspace has no state record.");
    }

    private static RangeResult Single(ReadTransaction transaction, RangeRequest request, ResponseHeader header)
    {
        if (!TryGet(transaction, request.Key.Span, out var record))
        {
            return new RangeResult(header, [], More: false, Count: 0);
        }

        return new RangeResult(header, request.CountOnly ? [] : [Copy(request.Key.Span, record, request.KeysOnly)], More: false, Count: 1);
    }

    private static RangeResult Scan(TreeReader latest, RangeBounds range, RangeRequest request, ResponseHeader header)
    {
        // As in etcd a limit below 1 is none, and an answer that is only a count is never cut short.
        var limit = request.CountOnly ? 0 : request.Limit > 0 ? request.Limit : long.MaxValue;
        var found = new List<KeyValue>();
        var count = 0L;
        using var cursor = latest.OpenCursor();
        for (var isAt = cursor.SeekCeiling(range.Start); isAt && range.IsBeforeEnd(cursor.Key); isAt = cursor.Next())
        {
            if (found.Count >= limit && range.IsEverything)
            {
                // The tree knows how many keys it has; nothing but the count would come of walking on.
                count = latest.Count;
                break;
            }

            count++;
            if (found.Count < limit)
            {
                found.Add(Copy(cursor.Key, KeyRecord.Read(cursor.Value), request.KeysOnly));
            }
        }

        return new RangeResult(header, found, More: !request.CountOnly && count > found.Count, Count: count);
    }

    private static KeyValue Copy(ReadOnlySpan<byte> key, KeyRecord record, bool keyOnly) => new(
        key.ToArray(), keyOnly ? default : record.Value.ToArray(), record.CreateRevision, record.ModRevision, record.Version, record.Lease);
}
