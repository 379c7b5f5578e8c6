using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Log;
using HarmonyDB.Storage.Tree;

namespace HarmonyDB.Faults.SystemCalls;

/// <summary>
/// The same work for a log and a store, on whatever disk: once on the real one, with strace beside it, and once on the simulated one, whose record is to
/// be held against that. Nothing in it depends on time or chance.
/// </summary>
internal static class DiskScript
{
    private const int Batches = 60;
    private const int BatchEntries = 5;
    private const int PayloadBytes = 700;
    private const int SegmentBytes = 64 << 10;
    private const int Commits = 40;
    private const int CommitKeys = 50;

    /// <summary>Does the work in a folder that exists and is empty.</summary>
    public static void Run(Disk disk, string folder)
    {
        RunLog(disk, folder);
        RunStore(disk, Path.Combine(folder, "store.hdb"));
    }

    private static void RunLog(Disk disk, string folder)
    {
        var options = new LogOptions { OwnerId = 7, SegmentBytes = SegmentBytes };
        var log = SegmentedLog.Open(disk, folder, options);
        for (var batch = 0; batch < Batches; batch++)
        {
            Append(log, log.LastIndex + 1, term: 1);
            if (batch % 3 == 0)
            {
                log.Flush();
            }
        }

        log.Flush();
        log.TruncatePrefix(log.LastIndex / 2);

        // A leader of a later term replaces the last batch.
        Append(log, log.LastIndex - 2, term: 2);
        log.Flush();
        log.Close();

        log = SegmentedLog.Open(disk, folder, options);
        Append(log, log.LastIndex + 1, term: 2);
        log.Flush();
        log.Reset(log.LastIndex + 100, 3, new LogHardState(3, 0, log.LastIndex + 100));
        Append(log, log.LastIndex + 1, term: 3);
        log.Flush();
        log.Close();
    }

    private static void Append(SegmentedLog log, ulong from, ulong term)
    {
        var entries = new LogEntry[BatchEntries];
        for (var i = 0; i < entries.Length; i++)
        {
            var payload = new byte[PayloadBytes];
            Array.Fill(payload, (byte)(from + (ulong)i));
            entries[i] = new LogEntry(from + (ulong)i, term, 0, payload);
        }

        var hardState = log.HardState;
        log.Append(term > hardState.Term ? new LogHardState(term, 1, hardState.Commit) : null, entries);
    }

    private static void RunStore(Disk disk, string path)
    {
        var options = new StoreOptions { Disk = disk, StoreId = new Guid(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), IsLockedByCaller = true };
        using (var store = Store.Open(path, options))
        {
            for (var commit = 0; commit < Commits; commit++)
            {
                Commit(store, commit, commit % 4 == 3 ? Durability.Flushed : Durability.Deferred);
                if (commit % 10 == 9)
                {
                    store.Checkpoint();
                }
            }

            using (var transaction = store.BeginWrite())
            {
                transaction.OpenTree("t"u8).DeleteRange([], [0xff]);
                transaction.Commit(Durability.Flushed);
            }

            Commit(store, Commits, Durability.Flushed);
            store.Compact();
        }

        using var again = Store.Open(path, options);
        Commit(again, Commits + 1, Durability.Deferred);
        again.Checkpoint();
    }

    private static void Commit(Store store, int commit, Durability durability)
    {
        using var transaction = store.BeginWrite();
        var tree = transaction.OpenTree("t"u8);
        Span<byte> key = stackalloc byte[sizeof(int)];
        var value = new byte[PayloadBytes];
        for (var i = 0; i < CommitKeys; i++)
        {
            // Scattered, so that pages split and are written again.
            System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(key, ((commit * CommitKeys) + i) * 7919 % 2003);
            Array.Fill(value, (byte)(commit + i));
            tree.Put(key, value);
        }

        transaction.Commit(durability);
    }
}
