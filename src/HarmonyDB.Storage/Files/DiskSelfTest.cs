namespace HarmonyDB.Storage.Files;

/// <summary>
/// Tries on the file system in use what all else relies on: that a lock keeps a second holder out, and that a flush of a file and of a directory succeeds and
/// what was written can be read back. Some file systems, network and overlay ones above all, only pretend. A few milliseconds.
/// </summary>
public static class DiskSelfTest
{
    private const int ProbeBytes = 4096;
    private const byte Pattern = 0xA5;

    /// <summary>Name of the file that is written, flushed and deleted. One that a crash left over is replaced.</summary>
    public const string ProbeName = "selftest.tmp";

    /// <summary>Checks that a lock that the caller holds cannot be taken a second time.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="lockPath">Full path of a lock file that is held.</param>
    /// <returns>Null, or what is wrong, as a clause without a full stop.</returns>
    public static string? FindLockProblem(Disk disk, string lockPath)
    {
        ArgumentNullException.ThrowIfNull(disk);
        try
        {
            disk.Lock(lockPath).Dispose();
            return $"it let '{lockPath}' be locked twice, so two nodes could use one folder";
        }
        catch (FileLockedException)
        {
            return null;
        }
    }

    /// <summary>Writes, flushes, reads back and deletes a small file.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="directory">Full path of the directory, which the caller has locked.</param>
    /// <returns>Null, or what is wrong, as a clause without a full stop. A full disk is not wrong: the test is left out then.</returns>
    /// <remarks>A flush that fails latches the disk, as ever.</remarks>
    public static string? FindFlushProblem(Disk disk, string directory)
    {
        ArgumentNullException.ThrowIfNull(disk);
        var path = Path.Combine(directory, ProbeName);
        try
        {
            return FindFlushProblemAt(disk, directory, path);
        }
        catch (DiskFullException)
        {
            disk.Delete(path);
            return null;
        }
        catch (DeviceFailedException failure)
        {
            return $"a {failure.Operation} failed with error {failure.ErrorNumber} on '{failure.Path}'";
        }
    }

    private static string? FindFlushProblemAt(Disk disk, string directory, string path)
    {
        var written = new byte[ProbeBytes];
        written.AsSpan().Fill(Pattern);
        var read = new byte[ProbeBytes];
        using (var file = disk.Open(path, DiskFileMode.OpenOrCreate))
        {
            file.SetLength(0);
            file.Write(0, written);
            file.Flush();
        }

        disk.FlushDirectory(directory);
        using (var file = disk.Open(path, DiskFileMode.ReadOnly))
        {
            if (file.LengthBytes != ProbeBytes || file.Read(0, read) != ProbeBytes || !read.AsSpan().SequenceEqual(written))
            {
                return $"what was written to '{path}' could not be read back";
            }
        }

        disk.Delete(path);
        disk.FlushDirectory(directory);
        return null;
    }
}
