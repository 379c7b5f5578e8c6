using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace HarmonyDB.Storage.Files;

/// <summary>
/// Every system call this library makes by itself, each for a reason: .NET reports no failed <c>fsync</c> on Linux (N1), cannot open a
/// directory to flush it (N4), does not allocate blocks on every file system (N5), and its file lock can be switched off (N8).
/// </summary>
/// <remarks>All return 0 or the system's error number; the generated stub reads <c>errno</c> before anything can overwrite it (N9).</remarks>
internal static partial class SystemCalls
{
    public const int NoSuchFile = 2;

    private const int Interrupted = 4;
    private const int InputOutputError = 5;
    private const int InvalidArgument = 22;
    private const int NoSpaceLeft = 28;
    private const int ReadOnlyFileSystem = 30;
    private const int LinuxNotSupported = 95;
    private const int LinuxQuotaExceeded = 122;
    private const int AppleQuotaExceeded = 69;
    private const int LinuxCloseOnExec = 0x80000;
    private const int AppleCloseOnExec = 0x1000000;
    private const int AppleFullFlush = 51;
    private const int LinuxWouldBlock = 11;
    private const int AppleWouldBlock = 35;
    private const int LockExclusive = 2;
    private const int LockWithoutWaiting = 4;
    private const int ProtectionRead = 1;
    private const int ProtectionWrite = 2;
    private const int MapShared = 1;
    private const int MapPrivate = 2;
    private const int LinuxMapWithoutReserve = 0x4000;
    private const int AppleMapWithoutReserve = 0x40;
    private const int AdviceDontNeed = 4;
    private const int StatusBytes = 256;
    private const int StatusOwnerOffset = 20;
    private const uint StatusWantsOwner = 0x8;
    private const int CurrentDirectory = -100;
    private const int WindowsSharingViolation = unchecked((int)0x80070020);
    private const int WindowsHandleDiskFull = unchecked((int)0x80070027);
    private const int WindowsDiskFull = unchecked((int)0x80070070);

    /// <summary>Flushes a file's data, and the metadata needed to read it back, to the device itself.</summary>
    public static int FlushFile(SafeFileHandle file)
    {
        if (OperatingSystem.IsWindows())
        {
            return FlushFileBuffers(file) ? 0 : Marshal.GetLastPInvokeError();
        }

        // On Apple systems fsync stops at the drive's cache; only F_FULLFSYNC goes through it.
        var result = OperatingSystem.IsLinux() ? FileDataSync(file) : FileControl(file, AppleFullFlush);
        return result == -1 ? Marshal.GetLastPInvokeError() : 0;
    }

    /// <summary>Flushes a directory's entries. Windows has no such call: NTFS orders them through its own journal.</summary>
    public static int FlushDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return 0;
        }

        var descriptor = OpenDescriptor(path, OperatingSystem.IsLinux() ? LinuxCloseOnExec : AppleCloseOnExec);
        if (descriptor == -1)
        {
            return Marshal.GetLastPInvokeError();
        }

        using var directory = new SafeFileHandle(descriptor, ownsHandle: true);
        return FileSync(directory) == -1 ? Marshal.GetLastPInvokeError() : 0;
    }

    /// <summary>Allocates blocks up to a length.</summary>
    /// <returns>False when this system or file system cannot, so that the caller fills with zeros instead.</returns>
    public static bool TryAllocate(SafeFileHandle file, long lengthBytes, out int errorNumber)
    {
        errorNumber = 0;
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        do
        {
            errorNumber = FileAllocate(file, 0, lengthBytes);
        }
        while (errorNumber == Interrupted);

        return errorNumber is not (LinuxNotSupported or InvalidArgument);
    }

    /// <summary>Takes an exclusive lock that belongs to the open file, so that a second holder in this process is refused too.</summary>
    public static bool TryLock(SafeFileHandle file)
    {
        // On Windows opening the file without sharing is the lock.
        return OperatingSystem.IsWindows() || FileLock(file, LockExclusive | LockWithoutWaiting) == 0;
    }

    /// <summary>Who owns a file or directory, and who this process is. False where the system does not say.</summary>
    public static unsafe bool TryGetOwner(string path, out uint owner, out uint self)
    {
        (owner, self) = (0, 0);
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        // Unlike struct stat, struct statx is the same on every architecture.
        var status = stackalloc byte[StatusBytes];
        try
        {
            if (ExtendedStatus(CurrentDirectory, path, 0, StatusWantsOwner, status) != 0 || (*(uint*)status & StatusWantsOwner) == 0)
            {
                return false;
            }
        }
        catch (EntryPointNotFoundException)
        {
            // An older C library: the mode is checked all the same.
            return false;
        }

        owner = *(uint*)(status + StatusOwnerOffset);
        self = EffectiveUser();
        return true;
    }

    /// <summary>Whether an error number or HRESULT says that space or quota ran out.</summary>
    public static bool IsDiskFull(int error)
    {
        return error is NoSpaceLeft or WindowsDiskFull or WindowsHandleDiskFull
            || error == (OperatingSystem.IsLinux() ? LinuxQuotaExceeded : AppleQuotaExceeded);
    }

    /// <summary>Whether an error number says that the device failed, or that the system gave it up and made it read-only.</summary>
    public static bool IsDeviceError(int error)
    {
        return error is InputOutputError or ReadOnlyFileSystem;
    }

    /// <summary>Whether an error number or HRESULT says that somebody else has the file.</summary>
    public static bool IsLocked(int error)
    {
        return error == (OperatingSystem.IsWindows() ? WindowsSharingViolation : OperatingSystem.IsLinux() ? LinuxWouldBlock : AppleWouldBlock);
    }

    /// <summary>Maps a file privately: changes stay in this process's memory, whatever the system's write-back does.</summary>
    /// <param name="file">The file.</param>
    /// <param name="lengthBytes">Length of the mapping.</param>
    /// <param name="writable">Whether the mapping may be changed.</param>
    /// <param name="address">Where it is.</param>
    /// <remarks>
    /// Without <c>MAP_NORESERVE</c> Linux would count the whole file against its memory, although only what is changed ever takes any. A view for reading is shared,
    /// which makes no difference to what it shows.
    /// </remarks>
    public static int Map(SafeFileHandle file, long lengthBytes, bool writable, out nint address)
    {
        var flags = !writable ? MapShared : MapPrivate | (OperatingSystem.IsLinux() ? LinuxMapWithoutReserve : AppleMapWithoutReserve);
        address = MapMemory(0, (nuint)lengthBytes, writable ? ProtectionRead | ProtectionWrite : ProtectionRead, flags, file, 0);
        return address == -1 ? Marshal.GetLastPInvokeError() : 0;
    }

    /// <summary>Releases what <see cref="Map"/> mapped.</summary>
    public static int Unmap(nint address, long lengthBytes)
    {
        return UnmapMemory(address, (nuint)lengthBytes) == -1 ? Marshal.GetLastPInvokeError() : 0;
    }

    /// <summary>Drops the private copies of a range of a private mapping; the next touch shows the file.</summary>
    /// <returns>False on systems where this call keeps the copies.</returns>
    public static bool TryDiscardPrivate(nint address, long lengthBytes, out int errorNumber)
    {
        errorNumber = 0;
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        errorNumber = AdviseMemory(address, (nuint)lengthBytes, AdviceDontNeed) == -1 ? Marshal.GetLastPInvokeError() : 0;
        return true;
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint MapMemory(nint address, nuint length, int protection, int flags, SafeFileHandle file, long offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int UnmapMemory(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "madvise", SetLastError = true)]
    private static partial int AdviseMemory(nint address, nuint length, int advice);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int FileDataSync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FileSync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int FileControl(SafeFileHandle file, int command);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenDescriptor(string path, int flags);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int ExtendedStatus(int directory, string path, int flags, uint wanted, byte* status);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint EffectiveUser();

    [LibraryImport("libc", EntryPoint = "posix_fallocate")]
    private static partial int FileAllocate(SafeFileHandle file, long offset, long length);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int FileLock(SafeFileHandle file, int operation);

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool FlushFileBuffers(SafeFileHandle file);
}
