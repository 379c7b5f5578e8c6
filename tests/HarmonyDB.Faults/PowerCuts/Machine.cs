using System.Diagnostics;
using HarmonyDB.Testing;

namespace HarmonyDB.Faults.PowerCuts;

/// <summary>The disk of a machine that can lose power: a file system in an image on one that can clone a file. For one thread.</summary>
internal sealed class Machine : IDisposable
{
    private readonly string _imageFile;
    private readonly string _cloneFile;
    private readonly string[] _mountOptions;
    private LoopFileSystem _disk;

    private Machine(LoopFileSystem disk, string cloneFile, string[] mountOptions)
    {
        _disk = disk;
        _imageFile = disk.ImageFile;
        _cloneFile = cloneFile;
        _mountOptions = mountOptions;
    }

    /// <summary>Where its file system is mounted.</summary>
    public string MountPoint => _disk.MountPoint;

    /// <summary>Makes one.</summary>
    /// <param name="folder">A folder on a file system that can clone files.</param>
    /// <param name="lengthBytes">Size of its disk.</param>
    /// <param name="makeFileSystem">What makes its file system.</param>
    public static Machine Create(string folder, long lengthBytes, string[] makeFileSystem)
    {
        var disk = LoopFileSystem.Create(Path.Combine(folder, "disk.img"), Path.Combine(folder, "mounted"), lengthBytes, makeFileSystem);

        // The original, with the same UUID, may still be going away while the clone is mounted; XFS would refuse.
        return new Machine(disk, Path.Combine(folder, "clone.img"), makeFileSystem[0] == "mkfs.xfs" ? ["nouuid"] : []);
    }

    /// <summary>Takes the disk as it is at one instant. Whoever uses the machine does not notice; it is up to the caller to end them.</summary>
    /// <returns>How long the clone took; the instant is within that.</returns>
    public TimeSpan CutPower()
    {
        var began = Stopwatch.StartNew();
        SystemCommand.Run("cp", "--reflink=always", _imageFile, _cloneFile);
        return began.Elapsed;
    }

    /// <summary>Mounts the disk as it was when the power went; nobody may use it any more.</summary>
    public void PowerUp()
    {
        _disk.Dispose();
        File.Move(_cloneFile, _imageFile, overwrite: true);
        _disk = LoopFileSystem.Mount(_imageFile, _disk.MountPoint, _mountOptions);
    }

    /// <inheritdoc/>
    public void Dispose() => _disk.Dispose();
}
