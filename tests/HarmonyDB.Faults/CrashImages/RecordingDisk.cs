using HarmonyDB.Storage.Files;

namespace HarmonyDB.Faults.CrashImages;

/// <summary>Passes everything on to another disk and keeps what was changed, in order, contents included. For one thread.</summary>
internal sealed class RecordingDisk : Disk
{
    private readonly Disk _inner;
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly List<DiskEvent> _events = [];

    /// <summary>Records what happens to a disk from now on.</summary>
    /// <param name="inner">The disk.</param>
    /// <param name="start">What is on it already; its files have the numbers 1, 2, ... in that order.</param>
    public RecordingDisk(Disk inner, CrashImage start)
    {
        _inner = inner;
        foreach (var (path, _) in start.Files)
        {
            _numbers.Add(path, _numbers.Count + 1);
        }

        LastNumber = _numbers.Count;
    }

    public IReadOnlyList<DiskEvent> Events => _events;

    public override DeviceFailedException? Failure => _inner.Failure;

    private int LastNumber { get; set; }

    public override IDiskFile Open(string path, DiskFileMode mode)
    {
        path = Path.GetFullPath(path);
        var file = _inner.Open(path, mode);
        if (!_numbers.TryGetValue(path, out var number))
        {
            number = ++LastNumber;
            _numbers.Add(path, number);
            _events.Add(new DiskEvent(DiskOperationKind.Create, number, path));
        }

        return new RecordingFile(this, file, number);
    }

    public override bool FileExists(string path) => _inner.FileExists(path);

    public override bool DirectoryExists(string path) => _inner.DirectoryExists(path);

    public override void CreateDirectory(string path) => _inner.CreateDirectory(path);

    public override IReadOnlyList<string> ListFiles(string directory) => _inner.ListFiles(directory);

    public override void Delete(string path)
    {
        path = Path.GetFullPath(path);
        _inner.Delete(path);
        if (_numbers.Remove(path, out var number))
        {
            _events.Add(new DiskEvent(DiskOperationKind.Delete, number, path));
        }
    }

    public override void Rename(string from, string to)
    {
        from = Path.GetFullPath(from);
        to = Path.GetFullPath(to);
        _inner.Rename(from, to);
        _numbers.Remove(from, out var number);
        _numbers[to] = number;
        _events.Add(new DiskEvent(DiskOperationKind.Rename, number, from) { NewPath = to });
    }

    public override void FlushDirectory(string directory)
    {
        directory = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        _inner.FlushDirectory(directory);
        _events.Add(new DiskEvent(DiskOperationKind.FlushDirectory, 0, directory));
    }

    public override IDisposable Lock(string path) => _inner.Lock(path);

    private sealed class RecordingFile(RecordingDisk disk, IDiskFile inner, int number) : IDiskFile
    {
        public string Path => inner.Path;

        public long LengthBytes => inner.LengthBytes;

        public bool MapsBeyondEnd => inner.MapsBeyondEnd;

        public int Read(long offset, Span<byte> destination) => inner.Read(offset, destination);

        public void Write(long offset, ReadOnlySpan<byte> source)
        {
            inner.Write(offset, source);
            disk._events.Add(new DiskEvent(DiskOperationKind.Write, number, Path) { Offset = offset, Bytes = source.ToArray() });
        }

        public void Allocate(long lengthBytes)
        {
            var before = inner.LengthBytes;
            inner.Allocate(lengthBytes);
            if (inner.LengthBytes != before)
            {
                disk._events.Add(new DiskEvent(DiskOperationKind.Allocate, number, Path) { LengthBytes = inner.LengthBytes });
            }
        }

        public void SetLength(long lengthBytes)
        {
            inner.SetLength(lengthBytes);
            disk._events.Add(new DiskEvent(DiskOperationKind.SetLength, number, Path) { LengthBytes = lengthBytes });
        }

        public void Flush()
        {
            inner.Flush();
            disk._events.Add(new DiskEvent(DiskOperationKind.Flush, number, Path));
        }

        public IDiskMapping Map(long lengthBytes) => inner.Map(lengthBytes);

        public void Dispose() => inner.Dispose();
    }
}
