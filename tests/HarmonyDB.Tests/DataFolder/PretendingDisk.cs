using HarmonyDB.Storage.Files;

namespace HarmonyDB.Tests.DataFolder;

/// <summary>A disk whose file system pretends: locks keep nobody out, or what is written is not what is read.</summary>
internal sealed class PretendingDisk(Disk disk) : Disk
{
    public bool LocksMeanNothing { get; init; }

    public bool ForgetsWrites { get; init; }

    public override DeviceFailedException? Failure => disk.Failure;

    public override IDiskFile Open(string path, DiskFileMode mode)
    {
        IDiskFile file = disk.Open(path, mode);
        if (ForgetsWrites && mode == DiskFileMode.ReadOnly && path.EndsWith(DiskSelfTest.ProbeName, StringComparison.Ordinal))
        {
            file.Dispose();
            file = disk.Open(path, DiskFileMode.Open);
            file.Write(0, new byte[1]);
        }

        return file;
    }

    public override bool FileExists(string path) => disk.FileExists(path);

    public override bool DirectoryExists(string path) => disk.DirectoryExists(path);

    public override void CreateDirectory(string path) => disk.CreateDirectory(path);

    public override IReadOnlyList<string> ListFiles(string directory) => disk.ListFiles(directory);

    public override void Delete(string path) => disk.Delete(path);

    public override void Rename(string from, string to) => disk.Rename(from, to);

    public override void FlushDirectory(string directory) => disk.FlushDirectory(directory);

    public override IDisposable Lock(string path) => LocksMeanNothing ? new NoLock() : disk.Lock(path);

    public override string FileSystemOf(string directory) => "pretendfs";

    private sealed class NoLock : IDisposable
    {
        public void Dispose()
        {
        }
    }
}
