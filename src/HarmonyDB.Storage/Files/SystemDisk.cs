using System.Diagnostics.CodeAnalysis;
using Microsoft.Win32.SafeHandles;

namespace HarmonyDB.Storage.Files;

/// <summary>The disk of this machine.</summary>
/// <remarks>
/// A flush or write that fails for any reason but space latches the object (see <see cref="Disk"/>): the kernel may have dropped the data
/// and marked it clean, so that a second flush would succeed without having written anything.
/// Use one object per data folder, so that one failing device does not stop another.
/// </remarks>
public sealed class SystemDisk : Disk
{
    private DeviceFailedException? _failure;

    /// <inheritdoc/>
    public override DeviceFailedException? Failure => Volatile.Read(ref _failure);

    /// <inheritdoc/>
    public override IDiskFile Open(string path, DiskFileMode mode)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (mode != DiskFileMode.ReadOnly)
        {
            ThrowIfFailed();
        }

        SafeFileHandle handle;
        try
        {
            handle = File.OpenHandle(
                path,
                mode switch
                {
                    DiskFileMode.CreateNew => FileMode.CreateNew,
                    DiskFileMode.OpenOrCreate => FileMode.OpenOrCreate,
                    _ => FileMode.Open,
                },
                mode == DiskFileMode.ReadOnly ? FileAccess.Read : FileAccess.ReadWrite,
                FileShare.ReadWrite | FileShare.Delete);
        }
        catch (IOException exception)
        {
            ThrowIfDeviceRefused("open", path, exception.HResult);
            throw;
        }

        return new SystemFile(this, path, handle, mode != DiskFileMode.ReadOnly);
    }

    /// <inheritdoc/>
    public override bool FileExists(string path)
    {
        return File.Exists(path);
    }

    /// <inheritdoc/>
    public override bool DirectoryExists(string path)
    {
        return Directory.Exists(path);
    }

    /// <inheritdoc/>
    public override void CreateDirectory(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ThrowIfFailed();
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        var parent = Path.GetDirectoryName(full);
        if (parent is null)
        {
            return;
        }

        if (!Directory.Exists(full))
        {
            CreateDirectory(parent);
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(full);
            }
            else
            {
                Directory.CreateDirectory(full, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }

            FlushDirectory(parent);
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> ListFiles(string directory)
    {
        var names = Array.ConvertAll(Directory.GetFiles(directory), path => Path.GetFileName(path));
        Array.Sort(names, StringComparer.Ordinal);
        return names;
    }

    /// <inheritdoc/>
    public override void Delete(string path)
    {
        ThrowIfFailed();
        try
        {
            File.Delete(path);
        }
        catch (IOException exception)
        {
            ThrowIfDeviceRefused("unlink", path, exception.HResult);
            throw;
        }
    }

    /// <inheritdoc/>
    public override void Rename(string from, string to)
    {
        ThrowIfFailed();
        try
        {
            File.Move(from, to, overwrite: true);
        }
        catch (IOException exception)
        {
            ThrowIfDeviceRefused("rename", to, exception.HResult);
            throw;
        }
    }

    /// <inheritdoc/>
    public override void FlushDirectory(string directory)
    {
        ThrowIfFailed();
        var error = SystemCalls.FlushDirectory(directory);
        if (error == SystemCalls.NoSuchFile)
        {
            throw new DirectoryNotFoundException($"The directory '{directory}' does not exist.");
        }

        if (error != 0)
        {
            Fail("fsync", directory, error);
        }
    }

    /// <inheritdoc/>
    public override IDisposable Lock(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        SafeFileHandle handle;
        try
        {
            // Without sharing the runtime takes the same lock while opening, unless it was told not to (N8).
            handle = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception) when (SystemCalls.IsLocked(exception.HResult))
        {
            throw new FileLockedException(path);
        }

        if (!SystemCalls.TryLock(handle))
        {
            handle.Dispose();
            throw new FileLockedException(path);
        }

        return handle;
    }

    /// <inheritdoc/>
    public override string FileSystemOf(string directory)
    {
        try
        {
            return new DriveInfo(Path.GetFullPath(directory)).DriveFormat;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return base.FileSystemOf(directory);
        }
    }

    /// <summary>The user that owns a file or directory, if it is not the one this process runs as; null where it is, or where the system cannot tell.</summary>
    /// <param name="path">Full path.</param>
    /// <returns>The owner's and this process's user id.</returns>
    public static (uint Owner, uint Self)? FindForeignOwner(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return SystemCalls.TryGetOwner(path, out var owner, out var self) && owner != self ? (owner, self) : null;
    }

    /// <summary>Throws the failure that latched this disk, if any.</summary>
    internal void ThrowIfFailed()
    {
        if (Failure is { } failure)
        {
            throw failure;
        }
    }

    /// <summary>Latches the disk with its first failure, and throws that one.</summary>
    [DoesNotReturn]
    internal void Fail(string operation, string path, int errorNumber)
    {
        var failure = new DeviceFailedException(operation, path, errorNumber);
        throw Interlocked.CompareExchange(ref _failure, failure, null) ?? failure;
    }

    /// <summary>Tells a full or failing device from a refusal that says nothing about it, such as missing rights or a file that exists.</summary>
    private void ThrowIfDeviceRefused(string operation, string path, int error)
    {
        if (SystemCalls.IsDiskFull(error))
        {
            throw new DiskFullException(path, 0);
        }

        if (SystemCalls.IsDeviceError(error))
        {
            Fail(operation, path, error);
        }
    }
}
