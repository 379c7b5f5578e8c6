using HarmonyDB.Storage.Files;

namespace HarmonyDB.Faults.IoErrors;

/// <summary>A disk in front of a simulated one that decides about every call. For one thread.</summary>
internal abstract class InterceptingDisk(SimulatedDisk inner) : Disk
{
    public override DeviceFailedException? Failure => inner.Failure;

    protected SimulatedDisk Inner => inner;

    public override IDiskFile Open(string path, DiskFileMode mode)
    {
        IDiskFile? file = null;
        if (mode is DiskFileMode.CreateNew or DiskFileMode.OpenOrCreate && !inner.FileExists(path))
        {
            Change(DiskOperationKind.Create, path, () => file = inner.Open(path, mode));
        }

        return new InterceptedFile(this, file ?? inner.Open(path, mode));
    }

    public override bool FileExists(string path) => inner.FileExists(path);

    public override bool DirectoryExists(string path) => inner.DirectoryExists(path);

    public override void CreateDirectory(string path) => inner.CreateDirectory(path);

    public override IReadOnlyList<string> ListFiles(string directory) => inner.ListFiles(directory);

    public override void Delete(string path)
    {
        if (inner.FileExists(path))
        {
            Change(DiskOperationKind.Delete, path, () => inner.Delete(path));
        }
    }

    public override void Rename(string from, string to) => Change(DiskOperationKind.Rename, to, () => inner.Rename(from, to));

    public override void FlushDirectory(string directory) => Change(DiskOperationKind.FlushDirectory, directory, () => inner.FlushDirectory(directory));

    public override IDisposable Lock(string path) => inner.Lock(path);

    /// <summary>Does a change, or not.</summary>
    protected abstract void Change(DiskOperationKind kind, string path, Action change);

    /// <summary>Writes, or not, or a part.</summary>
    protected abstract void Write(IDiskFile file, long offset, ReadOnlySpan<byte> source);

    /// <summary>Reads, or not.</summary>
    protected virtual int Read(IDiskFile file, long offset, Span<byte> destination) => file.Read(offset, destination);

    private sealed class InterceptedFile(InterceptingDisk disk, IDiskFile inner) : IDiskFile
    {
        public string Path => inner.Path;

        public long LengthBytes => inner.LengthBytes;

        public bool MapsBeyondEnd => inner.MapsBeyondEnd;

        public int Read(long offset, Span<byte> destination) => disk.Read(inner, offset, destination);

        public void Write(long offset, ReadOnlySpan<byte> source) => disk.Write(inner, offset, source);

        public void Allocate(long lengthBytes)
        {
            if (lengthBytes > inner.LengthBytes)
            {
                disk.Change(DiskOperationKind.Allocate, Path, () => inner.Allocate(lengthBytes));
            }
        }

        public void SetLength(long lengthBytes) => disk.Change(DiskOperationKind.SetLength, Path, () => inner.SetLength(lengthBytes));

        public void Flush() => disk.Change(DiskOperationKind.Flush, Path, inner.Flush);

        public IDiskMapping Map(long lengthBytes) => inner.Map(lengthBytes);

        public void Dispose() => inner.Dispose();
    }
}
