using HarmonyDB.Storage.Files;

namespace HarmonyDB.Benchmarks.Cluster;

/// <summary>What the disk can do by itself: a loop of one write and one flush, through the same seam as the log, into a preallocated file.</summary>
internal static class DiskLimit
{
    private const long FileBytes = 64 << 20;

    /// <summary>Runs the loop.</summary>
    /// <param name="folder">A folder on the disk; a file is created in it and deleted.</param>
    /// <param name="writeBytes">Bytes in each write.</param>
    /// <param name="duration">How long.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    public static async Task<Measurement> MeasureAsync(string folder, int writeBytes, TimeSpan duration, CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder, $"harmony-disk-limit-{Environment.ProcessId}");
        var disk = new SystemDisk();
        try
        {
            using var file = disk.Open(path, DiskFileMode.CreateNew);
            file.Allocate(FileBytes);
            file.Flush();
            var data = new byte[writeBytes];
            Random.Shared.NextBytes(data);
            var slots = (int)(FileBytes / writeBytes);
            return await Measurement.RunAsync("write-and-flush", 1, duration, WriteAndFlush, cancellationToken);

            Task<bool> WriteAndFlush(int client, int number)
            {
                file.Write((long)(number % slots) * writeBytes, data);
                file.Flush();
                return Task.FromResult(true);
            }
        }
        finally
        {
            disk.Delete(path);
        }
    }
}
