using System.Numerics;
using System.Runtime.InteropServices;
using HarmonyDB.Storage.Files;

namespace HarmonyDB.Faults.CrashImages;

/// <summary>All files of a data folder as a crash left them, everything durable.</summary>
/// <param name="files">The files by full path, in ordinal order.</param>
internal sealed class CrashImage(IReadOnlyList<(string Path, byte[] Bytes)> files)
{
    /// <summary>The folder of the log; the store lies in the one above.</summary>
    public const string LogFolder = "/data/log";

    public const string StoreFolder = "/data";
    public const string StorePath = "/data/store.hdb";

    /// <summary>Longest file in bytes; histories stay far below.</summary>
    public const long FileBytesMaximum = 1 << 20;

    /// <summary>A folder that was never used.</summary>
    public static CrashImage Empty { get; } = new([]);

    public IReadOnlyList<(string Path, byte[] Bytes)> Files => files;

    /// <summary>Tells images apart: names, lengths and every byte count.</summary>
    public ulong ComputeHash()
    {
        var hash = 0x9E3779B97F4A7C15ul;
        foreach (var (path, bytes) in files)
        {
            foreach (var letter in path)
            {
                hash = Mix(hash, letter);
            }

            hash = Mix(hash, (ulong)bytes.Length);
            var words = MemoryMarshal.Cast<byte, ulong>(bytes);
            foreach (var word in words)
            {
                hash = Mix(hash, word);
            }

            foreach (var value in bytes.AsSpan(words.Length * sizeof(ulong)))
            {
                hash = Mix(hash, value);
            }
        }

        return hash ^ (hash >> 32);
    }

    /// <summary>A disk with these files on it.</summary>
    public SimulatedDisk ToDisk(ulong seed)
    {
        var disk = new SimulatedDisk(seed, FileBytesMaximum);
        disk.CreateDirectory(LogFolder);
        foreach (var (path, bytes) in files)
        {
            using var file = disk.Open(path, DiskFileMode.CreateNew);
            file.Write(0, bytes.AsSpan(0, bytes.AsSpan().LastIndexOfAnyExcept((byte)0) + 1));
            file.SetLength(bytes.Length);
            file.Flush();
        }

        disk.FlushDirectory(LogFolder);
        disk.FlushDirectory(StoreFolder);
        return disk;
    }

    private static ulong Mix(ulong hash, ulong value) => BitOperations.RotateLeft((hash ^ value) * 0xFF51AFD7ED558CCDul, 29);
}
