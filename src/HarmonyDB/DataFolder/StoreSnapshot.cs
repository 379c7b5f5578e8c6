using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Tree;

namespace HarmonyDB.DataFolder;

/// <summary>
/// The stream in which a state of the store travels to another node, which is a backup of it: the pages of the B+ tree file without free ones, each with its
/// checksum, and one over the whole. The only place that knows its format.
/// </summary>
internal static class StoreSnapshot
{
    /// <summary>Writes a state: the same bytes each time.</summary>
    /// <param name="store">The store.</param>
    /// <param name="state">Pins the state; stays its owner's.</param>
    /// <param name="destination">Receives the stream; neither flushed to a device nor closed.</param>
    /// <param name="cancellationToken">Ends the work; what was written by then is refused by <see cref="Restore"/>.</param>
    /// <exception cref="StoreDamagedException">A page is damaged.</exception>
    public static void Write(Store store, ReadTransaction state, Stream destination, CancellationToken cancellationToken = default) =>
        store.Backup(state, destination, progress: null, cancellationToken);

    /// <summary>
    /// Makes a store of a stream: checked as a whole, durable, and not there at all if that fails. Checksums tell what happened on the way; that each page is
    /// reached once, with its keys in order, is checked too, for what the sender had wrong before it sent it has good checksums.
    /// </summary>
    /// <param name="source">The stream.</param>
    /// <param name="path">The file to create.</param>
    /// <param name="disk">The disk it lives on.</param>
    /// <param name="storeId">Identity of the store: that of this folder, not of the one it came from.</param>
    /// <returns>The mark of the state: what it has applied.</returns>
    /// <exception cref="InvalidDataException">The stream is damaged or ends early, or what it holds is no sound store.</exception>
    /// <exception cref="NotSupportedException">It comes from a version with another format.</exception>
    /// <exception cref="DiskFullException">No space is left.</exception>
    public static ulong Restore(Stream source, string path, Disk disk, Guid storeId)
    {
        BackupSummary summary = StoreBackup.Restore(source, path, disk, storeId);
        string? problem = FindProblem(path, disk);
        if (problem is null)
        {
            return summary.Mark;
        }

        disk.Delete(path);
        throw new InvalidDataException($"What was sent is no sound store: {problem}");
    }

    private static string? FindProblem(string path, Disk disk)
    {
        try
        {
            using Store store = Store.Open(path, new StoreOptions { Disk = disk, ReadOnly = true, IsLockedByCaller = true });
            return store.Check().Problems.FirstOrDefault();
        }
        catch (StoreDamagedException e)
        {
            return e.Message;
        }
    }
}
