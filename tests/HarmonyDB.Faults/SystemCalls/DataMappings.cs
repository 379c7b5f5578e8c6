namespace HarmonyDB.Faults.SystemCalls;

/// <summary>
/// Which files of a folder a process has mapped, from the lines of <c>/proc/PID/maps</c>. Through a shared mapping that can be written a stray store anywhere
/// in the process damages the file, and the kernel writes back what no flush was asked for.
/// </summary>
internal static class DataMappings
{
    /// <summary>Counts them.</summary>
    /// <returns>All of them, and those that are shared and can be written.</returns>
    public static (int All, int WritableShared) Count(IEnumerable<string> lines, string folder)
    {
        var (all, writableShared) = (0, 0);
        foreach (var line in lines.Where(l => l.Contains(folder, StringComparison.Ordinal)))
        {
            // ADDRESSES PERMISSIONS OFFSET DEVICE INODE PATH; permissions are rwx and s for shared or p for private.
            var permissions = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
            all++;
            writableShared += permissions[1] == 'w' && permissions.EndsWith('s') ? 1 : 0;
        }

        return (all, writableShared);
    }
}
