using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Tree;

namespace HarmonyDB.Storage.Tools;

/// <summary>Copies a snapshot record by record into a new store, which then has no free pages but those of its own making.</summary>
public static class StoreCopy
{
    /// <summary>Copies all trees and the mark; durable when this returns.</summary>
    /// <param name="store">The store the snapshot is of.</param>
    /// <param name="transaction">The snapshot.</param>
    /// <param name="targetPath">The store to create; it must not exist, and is not to be used if this throws.</param>
    /// <param name="disk">The disk it is to live on.</param>
    /// <param name="progress">Told from time to time how many records were copied.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The number of records.</returns>
    /// <exception cref="IOException">The target exists already, or cannot be written.</exception>
    /// <exception cref="StoreDamagedException">A page of the source is damaged.</exception>
    public static long Run(
        Store store, ReadTransaction transaction, string targetPath, Disk disk, Action<long>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(transaction);
        ArgumentNullException.ThrowIfNull(disk);
        if (disk.FileExists(targetPath))
        {
            throw new IOException($"'{targetPath}' exists already.");
        }

        using var target = Store.Open(targetPath, new StoreOptions { Disk = disk, PageSizeBytes = store.PageSizeBytes, StoreId = store.StoreId });
        long records = 0;
        foreach (byte[] name in transaction.ListTrees())
        {
            transaction.TryOpenTree(name, out TreeReader tree);
            using Cursor cursor = tree.OpenCursor();
            for (bool goesOn = true; goesOn;)
            {
                using WriteTransaction writer = target.BeginWrite();
                TreeWriter copy = writer.OpenTree(name);
                for (long bytes = 0; bytes < StoreDump.BatchBytes && (goesOn = cursor.Next());)
                {
                    copy.Append(cursor.Key, cursor.Value);
                    bytes += cursor.Key.Length + cursor.Value.Length;
                    if (++records % StoreDump.ProgressInterval == 0)
                    {
                        cancellationToken.ThrowIfCancellationRequested();
                        progress?.Invoke(records);
                    }
                }

                writer.Commit(Durability.Deferred);
            }
        }

        using (WriteTransaction writer = target.BeginWrite())
        {
            writer.Mark = transaction.Mark;
            writer.Commit(Durability.Flushed);
        }

        return records;
    }
}
