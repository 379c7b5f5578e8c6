using HarmonyDB.Storage.Files;

namespace HarmonyDB.DataFolder;

/// <summary>
/// The folder <c>quarantine/</c>: files that were found damaged are set aside there, never deleted, and the node goes on without them. A crash at any point
/// leaves the same to be done again.
/// </summary>
/// <remarks>
/// A damaged log takes the whole folder with it: the member may have acknowledged what is lost, and voted. So the folder gets a new identity first, one that
/// no vote and no entry was ever given under, and then the old files go. The mark in between says that this was decided.
/// </remarks>
internal static class Quarantine
{
    private const string DirectoryName = "quarantine";
    private const string StoreMark = "store.damaged";
    private const string FolderMark = "rejoin.pending";

    /// <summary>Notes that a page of the store was found damaged while the node ran: the next start sets the store aside.</summary>
    public static void MarkStore(Disk disk, string directory) => Mark(disk, directory, StoreMark);

    /// <summary>Whether the store was found damaged while the node ran.</summary>
    public static bool IsStoreMarked(Disk disk, string directory) => disk.FileExists(Path.Combine(directory, StoreMark));

    /// <summary>Sets the store aside.</summary>
    /// <returns>Where it is now; null if it was gone already.</returns>
    public static string? TakeStore(Disk disk, string directory)
    {
        string path = NodeFiles.StorePath(directory);
        string? taken = null;
        if (disk.FileExists(path))
        {
            string folder = Create(disk, directory);
            taken = NewPath(disk, folder, "store.hdb");
            disk.Rename(path, taken);
            disk.FlushDirectory(folder);
            disk.FlushDirectory(directory);
        }

        Unmark(disk, directory, StoreMark);
        return taken;
    }

    /// <summary>Whether it was decided that the folder begins anew, and that is not done yet.</summary>
    public static bool IsFolderMarked(Disk disk, string directory) => disk.FileExists(Path.Combine(directory, FolderMark));

    /// <summary>Sets everything aside but a copy of the identity, and makes the folder a new one that asks to take its own old place.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="directory">The data folder, which the caller has locked.</param>
    /// <param name="identity">Who the folder is: a member, or one that has begun this already.</param>
    /// <param name="newBirthId">Makes the new folder's birth id.</param>
    /// <returns>The new identity.</returns>
    public static FolderIdentity TakeFolder(Disk disk, string directory, FolderIdentity identity, Func<Guid> newBirthId)
    {
        string folder = Create(disk, directory);
        Mark(disk, directory, FolderMark);
        if (identity.ClusterId != 0)
        {
            IdentityFile.WriteTo(disk, NewPath(disk, folder, "identity"), identity);
            disk.FlushDirectory(folder);
            identity = new FolderIdentity(identity.Name, newBirthId(), 0, 0) { Replaces = (identity.ClusterId, identity.MemberId) };
            IdentityFile.Write(disk, directory, identity);
        }

        string log = Path.Combine(directory, "log");
        if (disk.DirectoryExists(log))
        {
            foreach (string name in disk.ListFiles(log))
            {
                disk.Rename(Path.Combine(log, name), NewPath(disk, folder, name));
            }

            disk.FlushDirectory(folder);
            disk.FlushDirectory(log);
        }

        TakeStore(disk, directory);
        SnapshotFiles.DiscardAll(disk, Path.Combine(directory, "incoming"));
        Unmark(disk, directory, FolderMark);
        return identity;
    }

    private static string Create(Disk disk, string directory)
    {
        string folder = Path.Combine(directory, DirectoryName);
        disk.CreateDirectory(folder);
        return folder;
    }

    private static string NewPath(Disk disk, string folder, string name)
    {
        for (int number = 1; ; number++)
        {
            string path = Path.Combine(folder, $"{number}-{name}");
            if (!disk.FileExists(path))
            {
                return path;
            }
        }
    }

    private static void Mark(Disk disk, string directory, string name)
    {
        disk.Open(Path.Combine(directory, name), DiskFileMode.OpenOrCreate).Dispose();
        disk.FlushDirectory(directory);
    }

    private static void Unmark(Disk disk, string directory, string name)
    {
        disk.Delete(Path.Combine(directory, name));
        disk.FlushDirectory(directory);
    }
}
