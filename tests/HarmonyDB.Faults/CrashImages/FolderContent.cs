using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Log;
using HarmonyDB.Storage.Tree;

namespace HarmonyDB.Faults.CrashImages;

/// <summary>What was found in a folder when it was opened.</summary>
/// <param name="Log">What its log held, if it has one.</param>
/// <param name="Store">What its store held, if it has one.</param>
internal sealed record FolderContent(LogContent? Log, StoreContent? Store)
{
    public static readonly LogOptions LogOptions = new() { OwnerId = 0x1234, SegmentBytes = 8 << 10, MaximumEntryBytes = 2 << 10 };

    public static StoreOptions StoreOptions(Disk disk, long maximumUnwrittenBytes = 16 << 10) => new()
    {
        Disk = disk,
        MaximumReaders = 4,
        StoreId = new Guid("0b7f2e56-7a11-4b53-9d0f-3f6c1f0e5a77"),
        MaximumUnwrittenBytes = maximumUnwrittenBytes,
    };

    /// <summary>Recovers a folder: opens what is in it and reads everything.</summary>
    public static FolderContent Recover(CrashSubject subject, Disk disk) => Recover(subject, disk, goesOn: false).Before;

    /// <summary>Recovers a folder and goes on working with it: an entry, a commit, both flushed.</summary>
    /// <returns>What was found, and what is there when all of it is durable.</returns>
    public static (FolderContent Before, FolderContent After) RecoverAndGoOn(CrashSubject subject, Disk disk) => Recover(subject, disk, goesOn: true);

    private static (FolderContent Before, FolderContent After) Recover(CrashSubject subject, Disk disk, bool goesOn)
    {
        using var log = subject == CrashSubject.Store ? null : SegmentedLog.Open(disk, CrashImage.LogFolder, LogOptions);
        using var store = subject == CrashSubject.Log ? null : Storage.Tree.Store.Open(CrashImage.StorePath, StoreOptions(disk));
        var before = new FolderContent(log is null ? null : LogContent.Read(log), store is null ? null : StoreContent.Read(store));
        if (!goesOn)
        {
            return (before, before);
        }

        if (log is not null)
        {
            var term = log.HardState.Term + 1;
            log.Append(log.HardState with { Term = term, Vote = 1 }, [new LogEntry(log.LastIndex + 1, term, 1, new byte[] { 1, 2, 3, (byte)term })]);
            log.Flush();
        }

        if (store is not null)
        {
            GoOn(store, log);
        }

        return (before, new FolderContent(log is null ? null : LogContent.Read(log), store is null ? null : StoreContent.Read(store)));
    }

    private static void GoOn(Store store, SegmentedLog? log)
    {
        using (var transaction = store.BeginWrite())
        {
            var tree = transaction.OpenTree(StoreState.TreeName);
            if (log is null)
            {
                transaction.Mark = store.DurableMark + 1;
                tree.Put(StoreState.KeyOf(77), new byte[(int)(300 + (store.DurableMark % 100))]);
            }
            else
            {
                Apply(transaction, tree, log, Math.Max(log.HardState.Commit, transaction.Mark));
            }

            transaction.Commit(log is null ? Durability.Flushed : Durability.Deferred);
        }

        store.Checkpoint();
    }

    /// <summary>Applies the entries of a log from the one after the transaction's mark on.</summary>
    public static void Apply(WriteTransaction transaction, TreeWriter tree, SegmentedLog log, ulong lastIndex)
    {
        var entries = new List<LogEntry>();
        log.Read(transaction.Mark + 1, lastIndex + 1, long.MaxValue, entries);
        foreach (var entry in entries)
        {
            var change = new SortedDictionary<int, byte[]>();
            History.Apply(change, entry);
            foreach (var (key, value) in change)
            {
                tree.Put(StoreState.KeyOf(key), value);
            }

            if (change.Count == 0)
            {
                tree.Delete(StoreState.KeyOf((int)((entry.Index * 7) + entry.Term) % 24));
            }
        }

        transaction.Mark = lastIndex;
    }
}
