using HarmonyDB.Storage.Files;

namespace HarmonyDB.DataFolder;

/// <summary>
/// The file <c>reserve</c>: allocated space that is given up when the disk is full, so that what is under way can be finished, votes can be saved, the log can be
/// shortened and the node can start. While it cannot be had back, the node takes no writes. Its content means nothing; it is not flushed.
/// </summary>
/// <remarks>Safe for use from any thread: the log and the store give it up, each from its own.</remarks>
internal sealed class SpaceReserve : IDisposable
{
    private readonly Lock _gate = new();
    private readonly IDiskFile _file;
    private readonly long _bytes;

    /// <summary>Opens it; takes nothing yet.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="directory">The data folder, which the caller has locked.</param>
    /// <param name="bytes">How much to hold: what one more log segment needs.</param>
    /// <exception cref="DiskFullException">There is not even room for the name of the file.</exception>
    public SpaceReserve(Disk disk, string directory, long bytes)
    {
        _file = disk.Open(PathIn(directory), DiskFileMode.OpenOrCreate);
        _bytes = bytes;
    }

    /// <summary>Whether the space is held.</summary>
    public bool IsHeld
    {
        get
        {
            lock (_gate)
            {
                return _file.LengthBytes >= _bytes;
            }
        }
    }

    /// <summary>Takes the space, unless it is held.</summary>
    /// <returns>False while the disk is too full.</returns>
    /// <exception cref="DeviceFailedException">The device failed.</exception>
    public bool TryTake()
    {
        lock (_gate)
        {
            if (_file.LengthBytes >= _bytes)
            {
                return true;
            }

            try
            {
                _file.Allocate(_bytes);
                return true;
            }
            catch (DiskFullException)
            {
                // Some file systems keep what they had found by then.
                _file.SetLength(0);
                return false;
            }
        }
    }

    /// <summary>Gives the space up, for whoever needs it now.</summary>
    /// <returns>Whether there was any: only then is it worth trying again.</returns>
    /// <exception cref="DeviceFailedException">The device failed.</exception>
    public bool GiveUp()
    {
        lock (_gate)
        {
            bool any = _file.LengthBytes > 0;
            _file.SetLength(0);
            return any;
        }
    }

    /// <summary>Gives up what a folder that is not open has. The caller has locked it, or is the one that failed to open it.</summary>
    /// <returns>Whether there was any.</returns>
    public static bool GiveUp(Disk disk, string directory)
    {
        if (!disk.FileExists(PathIn(directory)))
        {
            return false;
        }

        using var reserve = new SpaceReserve(disk, directory, 0);
        return reserve.GiveUp();
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static string PathIn(string directory) => Path.Combine(directory, "reserve");
}
