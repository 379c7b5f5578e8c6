using HarmonyDB.Configuration;
using HarmonyDB.Messages;
using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Tree;

namespace HarmonyDB.DataFolder;

/// <summary>What is looked at before a data folder is used. Each refusal names the file and what to do, and changes nothing.</summary>
internal static class FolderChecks
{
    /// <summary>Refuses the folder of a member that was removed: the others have forgotten what it promised, and must not be bound by it again (R5, R9).</summary>
    public static void RefuseRemoved(FolderIdentity identity, HarmonySettings settings)
    {
        if (identity.IsRemoved)
        {
            throw new DataFolderException(
                $"'{settings.DataDirectory}' is that of member {identity.MemberId:x}, which was removed from cluster {identity.ClusterId:x16} and cannot come back. To have this machine "
                + $"in the cluster again, empty the folder, run: harmony member add {settings.Self.RaftAddress}, and start it with harmony.cluster.join = on.");
        }
    }

    /// <summary>Refuses a folder whose place is taken by a file.</summary>
    public static void RefuseFile(Disk disk, string directory)
    {
        for (string? path = directory; path is not null; path = Path.GetDirectoryName(path))
        {
            if (disk.FileExists(path))
            {
                throw new DataFolderException($"The data folder '{directory}' cannot be used: '{path}' is a file. Set harmony.data-dir to a folder.");
            }
        }
    }

    /// <summary>Refuses a folder of another user, or one that others can enter or change.</summary>
    public static void RefuseOpenFolder(Disk disk, string directory)
    {
        const UnixFileMode Others = UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
        if (disk is not SystemDisk || OperatingSystem.IsWindows())
        {
            return;
        }

        if (SystemDisk.FindForeignOwner(directory) is (uint owner, uint self))
        {
            throw new DataFolderException(
                $"The data folder '{directory}' belongs to user {owner}, but this node runs as user {self}: one of them could lock the other out of it. "
                + $"Run the node as user {owner}, or: chown -R {self} '{directory}'");
        }

        if ((File.GetUnixFileMode(directory) & Others) != 0)
        {
            throw new DataFolderException($"Other users can enter the data folder '{directory}'. Run: chmod 700 '{directory}'");
        }
    }

    /// <summary>Refuses a file system that does not keep its promises. The caller holds the lock.</summary>
    public static void RefuseUnreliableFileSystem(Disk disk, string directory, string lockPath)
    {
        if ((DiskSelfTest.FindLockProblem(disk, lockPath) ?? DiskSelfTest.FindFlushProblem(disk, directory)) is { } problem)
        {
            throw new DataFolderException(
                $"The file system ({disk.FileSystemOf(directory)}) of the data folder '{directory}' failed the self-test: {problem}. "
                + "Acknowledged writes could be lost on it. Set harmony.data-dir to a folder on a local disk with ext4, xfs or btrfs, or have the disk checked.",
                disk.Failure);
        }
    }

    /// <summary>Refuses a store that was made for another folder.</summary>
    public static void RefuseForeignStore(Store store, FolderIdentity identity, string directory)
    {
        if (store.StoreId != identity.BirthId)
        {
            throw new DataFolderException(
                $"'{NodeFiles.StorePath(directory)}' is the store of another folder (it was made for {store.StoreId:n}, this folder is {identity.BirthId:n}). "
                + "Bring the folder back as it was.");
        }
    }

    /// <summary>Refuses an identity that is not the one by which the log or the store knows this folder.</summary>
    public static void RefuseForeignIdentity(FolderIdentity identity, ClusterConfiguration configuration, string directory)
    {
        if (configuration.ClusterId != identity.ClusterId)
        {
            throw new DataFolderException(
                $"'{Path.Combine(directory, "identity")}' says cluster {identity.ClusterId:x16}, but the log is one of cluster {configuration.ClusterId:x16}: "
                + "files of two folders were mixed. Bring the folder back as it was, or empty it and have this member replaced.");
        }

        if (configuration.Find(identity.BirthId) is { } member && member.Id.Value != identity.MemberId)
        {
            throw new DataFolderException(
                $"'{Path.Combine(directory, "identity")}' says member {identity.MemberId:x}, but the log knows this folder as member {member.Id}: "
                + "files of two folders were mixed. Bring the folder back as it was, or empty it and have this member replaced.");
        }
    }
}
