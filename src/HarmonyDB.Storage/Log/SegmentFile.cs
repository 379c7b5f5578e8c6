using HarmonyDB.Storage.Files;

namespace HarmonyDB.Storage.Log;

/// <summary>Creates segment files.</summary>
internal static class SegmentFile
{
    /// <summary>Creates an empty segment. When it returns, the file with all its space, its header and its name are durable (W9).</summary>
    public static Segment Create(Disk disk, string directory, SegmentHeader header)
    {
        var path = Path.Combine(directory, header.FileName);
        var unfinishedPath = Path.ChangeExtension(path, SegmentHeader.UnfinishedSuffix);
        try
        {
            uint checksum;
            using (var file = disk.Open(unfinishedPath, DiskFileMode.OpenOrCreate))
            {
                // One of this name may be left over from an attempt that found the disk full.
                file.SetLength(0);
                file.Allocate(header.LengthBytes);
                var block = new byte[SegmentHeader.Bytes];
                checksum = header.WriteTo(block);
                file.Write(0, block);
                file.Flush();
            }

            disk.Rename(unfinishedPath, path);
            disk.FlushDirectory(directory);
            return new Segment(disk.Open(path, DiskFileMode.Open), header, checksum);
        }
        catch (DiskFullException)
        {
            disk.Delete(unfinishedPath);
            throw;
        }
    }
}
