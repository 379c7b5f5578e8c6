using HarmonyDB.Storage.Files;

namespace HarmonyDB.Storage.Tests.Tree;

/// <summary>A disk on which mapping a file fails on demand, as it does when address space or memory run out, or reading gives nothing.</summary>
internal sealed class MapFaultDisk(Disk inner) : Disk
{
    internal bool FailsToMap { get; set; }

    /// <summary>Whether reads return zero bytes although the file goes on (B30).</summary>
    internal bool ReadsNothing { get; set; }

    public override DeviceFailedException? Failure => inner.Failure;

    public override IDiskFile Open(string path, DiskFileMode mode) => new MapFaultFile(this, inner.Open(path, mode));

    public override bool FileExists(string path) => inner.FileExists(path);

    public override bool DirectoryExists(string path) => inner.DirectoryExists(path);

    public override void CreateDirectory(string path) => inner.CreateDirectory(path);

    public override IReadOnlyList<string> ListFiles(string directory) => inner.ListFiles(directory);

    public override void Delete(string path) => inner.Delete(path);

    public override void Rename(string from, string to) => inner.Rename(from, to);

    public override void FlushDirectory(string directory) => inner.FlushDirectory(directory);

    public override IDisposable Lock(string path) => inner.Lock(path);

    private sealed class MapFaultFile(MapFaultDisk disk, IDiskFile inner) : IDiskFile
    {
        public string Path => inner.Path;

        /// <summary>As on Windows, so that every growth maps again.</summary>
        public bool MapsBeyondEnd => false;

        public long LengthBytes => inner.LengthBytes;

        public int Read(long offset, Span<byte> destination) => disk.ReadsNothing ? 0 : inner.Read(offset, destination);

        public void Write(long offset, ReadOnlySpan<byte> source) => inner.Write(offset, source);

        public void Allocate(long lengthBytes) => inner.Allocate(lengthBytes);

        public void SetLength(long lengthBytes) => inner.SetLength(lengthBytes);

        public void Flush() => inner.Flush();

        public IDiskMapping Map(long lengthBytes) =>
            disk.FailsToMap ? throw new IOException("Cannot allocate memory.") : inner.Map(lengthBytes);

        public void Dispose() => inner.Dispose();
    }
}
