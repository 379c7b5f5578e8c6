using System.Diagnostics;
using System.Globalization;

namespace HarmonyDB.Testing;

/// <summary>
/// A file system in an image file, mounted through a loop device: it can be frozen, and its image copied at a moment, as a disk cannot. Needs root.
/// </summary>
/// <remarks>
/// For one thread. Disposing it unmounts it, and with that the loop device is given back. Should this process end without that, even by SIGKILL, a guard
/// (a shell that waits for the end of its input) thaws and unmounts it: nothing that sleeps in a frozen file system could be ended otherwise.
/// </remarks>
public sealed class LoopFileSystem : IDisposable
{
    private const long ProbeBytes = 512L << 20;

    // The signals a terminal sends to the group are not for it: it must live as long as what it guards.
    private const string GuardScript = "trap '' INT TERM HUP; read -r done; [ \"$done\" = done ] || { fsfreeze -u \"$0\"; umount -l \"$0\"; }";
    private const string FreezeScript = "trap '' INT TERM HUP; fsfreeze -f \"$0\" && sleep \"$1\"; fsfreeze -u \"$0\"";

    private static readonly TimeSpan UnmountTimeout = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan UnmountInterval = TimeSpan.FromMilliseconds(50);

    private readonly Process _guard;
    private bool _isMounted = true;

    private LoopFileSystem(string imageFile, string mountPoint)
    {
        ImageFile = imageFile;
        MountPoint = mountPoint;
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardInput = true, RedirectStandardError = true };
        foreach (var argument in (string[])["-c", GuardScript, mountPoint])
        {
            start.ArgumentList.Add(argument);
        }

        _guard = Process.Start(start)!;
    }

    /// <summary>The file that holds it.</summary>
    public string ImageFile { get; }

    /// <summary>Where it is mounted.</summary>
    public string MountPoint { get; }

    /// <summary>Why this machine cannot make one; null if it can. Tries all of it.</summary>
    /// <param name="makeFileSystem">What makes the file system: <c>mkfs.ext4 -q -F</c>, <c>mkfs.xfs -q</c>.</param>
    public static string? Obstacle(params IReadOnlyList<string> makeFileSystem)
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            return "only root on Linux may mount a file system";
        }

        var folder = Directory.CreateTempSubdirectory("harmony-loop-");
        try
        {
            using var probe = Create(Path.Combine(folder.FullName, "image"), Path.Combine(folder.FullName, "mounted"), ProbeBytes, makeFileSystem);
            return null;
        }
        catch (InvalidOperationException exception)
        {
            return exception.Message;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Makes a new file system and mounts it.</summary>
    /// <param name="imageFile">The file to create; it is sparse.</param>
    /// <param name="mountPoint">A folder to create.</param>
    /// <param name="lengthBytes">Its size.</param>
    /// <param name="makeFileSystem">What makes the file system, without the image file.</param>
    /// <exception cref="InvalidOperationException">The system refused.</exception>
    public static LoopFileSystem Create(string imageFile, string mountPoint, long lengthBytes, params IReadOnlyList<string> makeFileSystem)
    {
        using (var image = new FileStream(imageFile, FileMode.CreateNew))
        {
            image.SetLength(lengthBytes);
        }

        SystemCommand.Run(makeFileSystem[0], [.. makeFileSystem.Skip(1), imageFile]);
        return Mount(imageFile, mountPoint);
    }

    /// <summary>Mounts an image that has a file system already; what was going on in it when it was copied is recovered by that.</summary>
    /// <param name="imageFile">The image.</param>
    /// <param name="mountPoint">A folder, created if missing.</param>
    /// <param name="options">More mount options, such as <c>nouuid</c>.</param>
    /// <exception cref="InvalidOperationException">The system refused.</exception>
    public static LoopFileSystem Mount(string imageFile, string mountPoint, params IReadOnlyList<string> options)
    {
        Directory.CreateDirectory(mountPoint);
        SystemCommand.Run("mount", "-o", string.Join(',', ["loop", .. options]), imageFile, mountPoint);
        return new LoopFileSystem(imageFile, mountPoint);
    }

    /// <summary>
    /// Freezes it for a time: whoever writes or flushes waits in the kernel until it is over. The thaw does not depend on this process.
    /// </summary>
    /// <exception cref="InvalidOperationException">It could not be frozen.</exception>
    public async Task FreezeAsync(TimeSpan duration, CancellationToken cancellationToken)
    {
        using var freezing = Process.Start(
            "/bin/sh", ["-c", FreezeScript, MountPoint, duration.TotalSeconds.ToString("F3", CultureInfo.InvariantCulture)]);
        try
        {
            await freezing.WaitForExitAsync(cancellationToken);
            if (freezing.ExitCode != 0)
            {
                throw new InvalidOperationException($"fsfreeze of {MountPoint} failed.");
            }
        }
        finally
        {
            // One that is not frozen says so and stays as it is. This is for a wait that was given up.
            SystemCommand.TryRun("fsfreeze", ["-u", MountPoint], out _);
        }
    }

    /// <summary>Unmounts it; a process that just ended may hold it for a moment. After 20 s it goes away with its last user.</summary>
    public void Dispose()
    {
        if (!_isMounted)
        {
            return;
        }

        _isMounted = false;
        var waited = Stopwatch.StartNew();
        while (!SystemCommand.TryRun("umount", [MountPoint], out var complaint))
        {
            if (waited.Elapsed > UnmountTimeout)
            {
                Console.Error.WriteLine($"{complaint.Trim()}: unmounted lazily");
                SystemCommand.TryRun("umount", ["-l", MountPoint], out _);
                break;
            }

            Thread.Sleep(UnmountInterval);
        }

        _guard.StandardInput.WriteLine("done");
        _guard.WaitForExit();
        _guard.Dispose();
    }
}
