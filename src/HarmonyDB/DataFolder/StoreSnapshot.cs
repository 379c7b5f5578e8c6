using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Tools;
using HarmonyDB.Storage.Tree;

namespace HarmonyDB.DataFolder;

/// <summary>The stream in which a state of the store travels to another node: the only place that knows its format.</summary>
internal static class StoreSnapshot
{
    /// <summary>Writes a state.</summary>
    /// <param name="store">The store.</param>
    /// <param name="state">Pins the state; stays its owner's.</param>
    /// <param name="destination">Receives the stream; neither flushed to a device nor closed.</param>
    /// <param name="cancellationToken">Ends the work; what was written by then is refused by <see cref="Restore"/>.</param>
    /// <exception cref="StoreDamagedException">A page is damaged.</exception>
    public static void Write(Store store, ReadTransaction state, Stream destination, CancellationToken cancellationToken = default) =>
        StoreDump.Write(store, state, destination, progress: null, cancellationToken);

    /// <summary>Makes a store of a stream: checked as a whole, durable, and not there at all if that fails.</summary>
    /// <param name="source">The stream.</param>
    /// <param name="path">The file to create.</param>
    /// <param name="disk">The disk it lives on.</param>
    /// <param name="storeId">Identity of the store: that of this folder, not of the one it came from.</param>
    /// <returns>The mark of the state: what it has applied.</returns>
    /// <exception cref="InvalidDataException">The stream is damaged or ends early.</exception>
    /// <exception cref="DiskFullException">No space is left.</exception>
    public static ulong Restore(Stream source, string path, Disk disk, Guid storeId)
    {
        string temporary = path + ".part";
        disk.Delete(temporary);
        ulong mark;
        using (Store store = Store.Open(temporary, new StoreOptions
        {
            Disk = disk,
            PageSizeBytes = StoreDump.ReadPageSize(source),
            StoreId = storeId,
            IsLockedByCaller = true,
        }))
        {
            StoreDump.Load(store, source);
            store.Checkpoint();
            mark = store.DurableMark;
        }

        disk.Rename(temporary, path);
        disk.FlushDirectory(Path.GetDirectoryName(path)!);
        return mark;
    }
}
