using HarmonyDB.Storage.Files;

namespace HarmonyDB.Tests.Actors;

/// <summary>A disk whose log cannot be flushed while its gate is closed: a device that stands still.</summary>
internal sealed class GatedDisk(Disk disk, ManualResetEventSlim gate) : Disk
{
    public override DeviceFailedException? Failure => disk.Failure;

    public override IDiskFile Open(string path, DiskFileMode mode) =>
        path.Contains("/log/", StringComparison.Ordinal) ? new GatedFile(disk.Open(path, mode), gate) : disk.Open(path, mode);

    public override bool FileExists(string path) => disk.FileExists(path);

    public override bool DirectoryExists(string path) => disk.DirectoryExists(path);

    public override void CreateDirectory(string path) => disk.CreateDirectory(path);

    public override IReadOnlyList<string> ListFiles(string directory) => disk.ListFiles(directory);

    public override void Delete(string path) => disk.Delete(path);

    public override void Rename(string from, string to) => disk.Rename(from, to);

    public override void FlushDirectory(string directory) => disk.FlushDirectory(directory);

    public override IDisposable Lock(string path) => disk.Lock(path);

    private sealed class GatedFile(IDiskFile file, ManualResetEventSlim gate) : IDiskFile
    {
        public string Path => file.Path;

        public long LengthBytes => file.LengthBytes;

        public bool MapsBeyondEnd => file.MapsBeyondEnd;

        public int Read(long offset, Span<byte> destination) => file.Read(offset, destination);

        public void Write(long offset, ReadOnlySpan<byte> source) => file.Write(offset, source);

        public void Allocate(long lengthBytes) => file.Allocate(lengthBytes);

        public void SetLength(long lengthBytes) => file.SetLength(lengthBytes);

        public void Flush()
        {
            gate.Wait();
            file.Flush();
        }

        public IDiskMapping Map(long lengthBytes) => file.Map(lengthBytes);

        public void Dispose() => file.Dispose();
    }
}
