namespace HarmonyDB.Storage.Files;

/// <summary>
/// The seam between this library and the disk: everything that is written goes through it, the tree and the log alike.
/// <see cref="SystemDisk"/> is the real one; <see cref="SimulatedDisk"/> keeps files in memory and can lose what was not flushed.
/// </summary>
/// <remarks>
/// Safe for use from several threads; a single <see cref="IDiskFile"/> has one writer at a time and any number of readers.
/// After a failed flush or directory flush the disk latches: <see cref="Failure"/> is set and every later write or flush through
/// this disk throws the same <see cref="DeviceFailedException"/>, because what the kernel dropped cannot be flushed again.
/// </remarks>
public abstract class Disk
{
    /// <summary>The failure that latched this disk, or null while it works.</summary>
    public abstract DeviceFailedException? Failure { get; }

    /// <summary>Opens a file.</summary>
    /// <param name="path">Full path of the file.</param>
    /// <param name="mode">Whether the file must exist, must not, or may, and whether it can be written.</param>
    /// <returns>The open file, owned by the caller.</returns>
    /// <exception cref="FileNotFoundException">The file must exist and does not.</exception>
    /// <exception cref="IOException">The file must not exist and does, or the system refused.</exception>
    /// <exception cref="DiskFullException">There is no space for a new file.</exception>
    /// <exception cref="DeviceFailedException">The device failed, or became read-only; the disk is latched.</exception>
    /// <remarks>A created file survives power loss only after its contents and its directory were flushed.</remarks>
    public abstract IDiskFile Open(string path, DiskFileMode mode);

    /// <summary>Whether a file is there.</summary>
    public abstract bool FileExists(string path);

    /// <summary>Whether a directory is there.</summary>
    public abstract bool DirectoryExists(string path);

    /// <summary>Creates a directory (mode 0700 where the system has modes) and its missing parents, durably: each parent is flushed.</summary>
    public abstract void CreateDirectory(string path);

    /// <summary>The names (not paths) of the files in a directory, in ordinal order.</summary>
    public abstract IReadOnlyList<string> ListFiles(string directory);

    /// <summary>Deletes a file; a missing one is no error. Durable only after <see cref="FlushDirectory"/>.</summary>
    /// <exception cref="DiskFullException">The file system needs space for it and has none; nothing changed.</exception>
    /// <exception cref="DeviceFailedException">The device failed, or became read-only; the disk is latched.</exception>
    public abstract void Delete(string path);

    /// <summary>Renames a file over another one, atomically. Durable only after <see cref="FlushDirectory"/> of both directories.</summary>
    /// <exception cref="DiskFullException">The file system needs space for it and has none; nothing changed.</exception>
    /// <exception cref="DeviceFailedException">The device failed, or became read-only; the disk is latched.</exception>
    public abstract void Rename(string from, string to);

    /// <summary>Makes creations, deletions and renames in a directory durable.</summary>
    /// <exception cref="DeviceFailedException">The flush failed; the disk is latched.</exception>
    public abstract void FlushDirectory(string directory);

    /// <summary>Takes an exclusive lock, held until disposed or until the process ends.</summary>
    /// <param name="path">Full path of the lock file, created if missing.</param>
    /// <exception cref="FileLockedException">Another process, or another holder in this one, has it.</exception>
    public abstract IDisposable Lock(string path);

    /// <summary>Name of the file system that holds a directory, such as <c>xfs</c>, for messages to an operator; "unknown" where it cannot be told.</summary>
    public virtual string FileSystemOf(string directory) => "unknown";
}
