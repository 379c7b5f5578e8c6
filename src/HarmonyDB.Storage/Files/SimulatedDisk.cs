using System.Diagnostics.CodeAnalysis;

namespace HarmonyDB.Storage.Files;

/// <summary>
/// A disk in memory that keeps apart what was written and what was flushed, so that a crash can take the difference away.
/// Deterministic: the same seed and the same calls give the same disk.
/// </summary>
/// <remarks>
/// Directories are durable at once; files, their entries and their contents only once flushed, each by itself: flushing a file does not
/// make its name durable. After <see cref="Crash"/> every file opened before is useless and every lock is free, as after a restart.
/// </remarks>
public sealed class SimulatedDisk : Disk, IDisposable
{
    /// <summary>Size a file can grow to unless the constructor is told otherwise: 256 MiB of address space, not of memory.</summary>
    public const long DefaultMaximumFileBytes = 256L << 20;

    private const int InputOutputError = 5;

    private readonly Random _random;
    private readonly long _maximumFileBytes;
    private readonly HashSet<string> _directories = new(StringComparer.Ordinal);
    private readonly HashSet<string> _locks = new(StringComparer.Ordinal);
    private readonly List<InjectedFault> _faults = [];
    private readonly List<DiskOperation> _operations = [];
    private SimulatedNames _names;
    private DeviceFailedException? _failure;
    private DiskCounters _counters;
    private int _lifetime;
    private bool _powerCut;

    /// <summary>Creates an empty disk.</summary>
    /// <param name="seed">Decides what survives a torn crash.</param>
    /// <param name="maximumFileBytes">Address space reserved for each file, in bytes; a larger file is refused.</param>
    public SimulatedDisk(ulong seed = 0, long maximumFileBytes = DefaultMaximumFileBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maximumFileBytes, SimulatedInode.SectorBytes);
        _random = CreateRandom(seed);
        _maximumFileBytes = maximumFileBytes;
        _names = new SimulatedNames();
    }

    /// <inheritdoc/>
    public override DeviceFailedException? Failure => Volatile.Read(ref _failure);

    /// <summary>What was asked of the disk so far.</summary>
    public DiskCounters Counters
    {
        get
        {
            lock (Gate)
            {
                return _counters;
            }
        }
    }

    /// <summary>Space of the disk in bytes, counted by the length of its files; unlimited unless set.</summary>
    public long CapacityBytes { get; set; } = long.MaxValue;

    /// <summary>Whether to keep <see cref="Operations"/>; they are never forgotten, so only for short runs.</summary>
    public bool RecordsOperations { get; set; }

    /// <summary>A copy of the operations asked for since <see cref="RecordsOperations"/> was set, in order.</summary>
    public IReadOnlyList<DiskOperation> Operations
    {
        get
        {
            lock (Gate)
            {
                return _operations.ToArray();
            }
        }
    }

    internal Lock Gate { get; } = new();

    /// <summary>Makes a coming operation fail, once.</summary>
    /// <param name="kind">Which operations to count, or null for all of them.</param>
    /// <param name="countdown">1 for the next one of these, 2 for the one after, and so on.</param>
    /// <param name="fault">What goes wrong.</param>
    public void InjectFault(DiskOperationKind? kind, int countdown, DiskFault fault)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(countdown);
        lock (Gate)
        {
            _faults.Add(new InjectedFault(kind, fault) { Countdown = countdown });
        }
    }

    /// <summary>Forgets faults that have not come due.</summary>
    public void ClearFaults()
    {
        lock (Gate)
        {
            _faults.Clear();
        }
    }

    /// <summary>Ends the process that used this disk, and the power too unless told otherwise. The disk is then as the next process finds it.</summary>
    public void Crash(CrashKind kind = CrashKind.PowerLost)
    {
        lock (Gate)
        {
            if (kind != CrashKind.ProcessKilled)
            {
                ReplaceNames(_names.AfterPowerCut(_maximumFileBytes, kind == CrashKind.PowerLostTorn ? _random : null));
            }

            _lifetime++;
            _powerCut = false;
            _locks.Clear();
            _faults.Clear();
            Volatile.Write(ref _failure, null);
        }
    }

    /// <summary>The disk that a crash at this moment would leave, as another disk; this one goes on. Faults and recorded operations are not copied.</summary>
    /// <param name="kind">What the crash takes away.</param>
    /// <param name="seed">Decides what survives a torn crash, and seeds the new disk.</param>
    public SimulatedDisk CrashedCopy(CrashKind kind, ulong seed)
    {
        lock (Gate)
        {
            var copy = new SimulatedDisk(seed, _maximumFileBytes) { CapacityBytes = CapacityBytes };
            copy._directories.UnionWith(_directories);
            copy._names = kind == CrashKind.ProcessKilled
                ? _names.Copy(_maximumFileBytes)
                : _names.AfterPowerCut(_maximumFileBytes, kind == CrashKind.PowerLostTorn ? copy._random : null);
            return copy;
        }
    }

    /// <summary>The 512-byte sectors of a file that a power cut at this moment may or may not change, by number.</summary>
    public IReadOnlyList<long> ListUnflushedSectors(string path)
    {
        lock (Gate)
        {
            return Find(path).ListChangedSectors();
        }
    }

    /// <summary>
    /// A disk that holds nothing but one file, as a power cut at this moment leaves it that lets exactly some of its unflushed sectors arrive:
    /// for tests that try all of them.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="arrives">Whether an unflushed sector reached the device.</param>
    /// <param name="lengthArrives">Whether the file's length did.</param>
    public SimulatedDisk CrashedCopy(string path, Func<long, bool> arrives, bool lengthArrives)
    {
        ArgumentNullException.ThrowIfNull(arrives);
        lock (Gate)
        {
            var copy = new SimulatedDisk(0, _maximumFileBytes) { CapacityBytes = CapacityBytes };
            copy._directories.UnionWith(_directories);
            copy._names.Link(Path.GetFullPath(path), Find(path).AfterPowerCut(_maximumFileBytes, arrives, lengthArrives));
            copy._names.Flush(Path.GetDirectoryName(Path.GetFullPath(path))!);
            return copy;
        }
    }

    /// <summary>Flips bits of a byte, in the cache and on the device alike.</summary>
    public void FlipBits(string path, long offset, byte mask)
    {
        lock (Gate)
        {
            Find(path).FlipBits(offset, mask);
        }
    }

    /// <inheritdoc/>
    public override IDiskFile Open(string path, DiskFileMode mode)
    {
        path = Path.GetFullPath(path);
        lock (Gate)
        {
            ThrowIfPowerCut();
            var inode = _names.Find(path);
            if (inode is not null && mode == DiskFileMode.CreateNew)
            {
                throw new IOException($"'{path}' exists already.");
            }

            if (inode is null)
            {
                if (mode is DiskFileMode.Open or DiskFileMode.ReadOnly)
                {
                    throw new FileNotFoundException($"'{path}' does not exist.", path);
                }

                inode = Create(path);
            }

            return new SimulatedFile(this, inode, path, _lifetime, mode != DiskFileMode.ReadOnly);
        }
    }

    /// <inheritdoc/>
    public override bool FileExists(string path)
    {
        lock (Gate)
        {
            ThrowIfPowerCut();
            return _names.Find(Path.GetFullPath(path)) is not null;
        }
    }

    /// <inheritdoc/>
    public override bool DirectoryExists(string path)
    {
        lock (Gate)
        {
            ThrowIfPowerCut();
            return HasDirectory(Path.GetFullPath(path));
        }
    }

    /// <inheritdoc/>
    public override void CreateDirectory(string path)
    {
        lock (Gate)
        {
            ThrowIfPowerCut();
            ThrowIfFailed();
            for (var directory = Path.GetFullPath(path); directory is not null; directory = Path.GetDirectoryName(directory))
            {
                _directories.Add(Path.TrimEndingDirectorySeparator(directory));
            }
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> ListFiles(string directory)
    {
        directory = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        lock (Gate)
        {
            ThrowIfPowerCut();
            ThrowIfNoDirectory(directory);
            return _names.List(directory);
        }
    }

    /// <inheritdoc/>
    public override void Delete(string path)
    {
        path = Path.GetFullPath(path);
        lock (Gate)
        {
            ThrowIfPowerCut();
            if (_names.Find(path) is not null)
            {
                var fault = BeginMetadata("unlink", new DiskOperation(DiskOperationKind.Delete, path, 0, 0));
                _names.Unlink(path);
                CutPowerIf(fault);
            }
        }
    }

    /// <inheritdoc/>
    public override void Rename(string from, string to)
    {
        from = Path.GetFullPath(from);
        to = Path.GetFullPath(to);
        lock (Gate)
        {
            ThrowIfPowerCut();
            Find(from);
            ThrowIfNoDirectory(Path.GetDirectoryName(to)!);
            var fault = BeginMetadata("rename", new DiskOperation(DiskOperationKind.Rename, to, 0, 0));
            _names.Rename(from, to);
            CutPowerIf(fault);
        }
    }

    /// <inheritdoc/>
    public override void FlushDirectory(string directory)
    {
        directory = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        lock (Gate)
        {
            ThrowIfPowerCut();
            ThrowIfNoDirectory(directory);
            var fault = Begin(new DiskOperation(DiskOperationKind.FlushDirectory, directory, 0, 0));
            CutPowerIf(fault);
            if (fault is not null)
            {
                Fail("fsync", directory);
            }

            _names.Flush(directory);
        }
    }

    /// <inheritdoc/>
    public override IDisposable Lock(string path)
    {
        path = Path.GetFullPath(path);
        lock (Gate)
        {
            ThrowIfPowerCut();
            if (!_locks.Add(path))
            {
                throw new FileLockedException(path);
            }

            return new SimulatedLock(this, path, _lifetime);
        }
    }

    /// <summary>Frees the memory of all files that are neither open nor mapped; the others when they are closed.</summary>
    public void Dispose()
    {
        lock (Gate)
        {
            _lifetime++;
            ReplaceNames(new SimulatedNames());
        }
    }

    /// <summary>Counts an operation and says which fault comes due with it. Throws when the disk is latched or without power.</summary>
    internal DiskFault? Begin(DiskOperation operation)
    {
        ThrowIfFailed();
        var isWrite = operation.Kind == DiskOperationKind.Write;
        _counters = new DiskCounters(
            _counters.Writes + (isWrite ? 1 : 0),
            _counters.WrittenBytes + (isWrite ? operation.LengthBytes : 0),
            _counters.Flushes + (operation.Kind == DiskOperationKind.Flush ? 1 : 0),
            _counters.DirectoryFlushes + (operation.Kind == DiskOperationKind.FlushDirectory ? 1 : 0),
            _counters.Operations + 1);
        if (RecordsOperations)
        {
            _operations.Add(operation);
        }

        DiskFault? due = null;
        foreach (var fault in _faults)
        {
            if ((fault.Kind is null || fault.Kind == operation.Kind) && --fault.Countdown == 0)
            {
                due ??= fault.Fault;
            }
        }

        _faults.RemoveAll(fault => fault.Countdown <= 0);
        return due;
    }

    internal void CutPowerIf(DiskFault? fault)
    {
        if (fault == DiskFault.PowerCut)
        {
            _powerCut = true;
            ThrowIfPowerCut();
        }
    }

    internal bool TryGrow(SimulatedInode inode, long lengthBytes)
    {
        return lengthBytes <= inode.LengthBytes || _names.TotalBytes + (lengthBytes - inode.LengthBytes) <= CapacityBytes;
    }

    [DoesNotReturn]
    internal void Fail(string operation, string path)
    {
        var failure = new DeviceFailedException(operation, path, InputOutputError);
        Volatile.Write(ref _failure, failure);
        throw failure;
    }

    internal void ThrowIfCrashedSince(int lifetime)
    {
        ThrowIfPowerCut();
        if (lifetime != _lifetime)
        {
            throw new IOException("The simulated disk crashed since this file was opened.");
        }
    }

    private static Random CreateRandom(ulong seed)
    {
        return new Random(unchecked((int)(seed ^ (seed >> 32))));
    }

    private SimulatedInode Create(string path)
    {
        ThrowIfNoDirectory(Path.GetDirectoryName(path)!);
        var fault = BeginMetadata("open", new DiskOperation(DiskOperationKind.Create, path, 0, 0));
        var inode = new SimulatedInode(_maximumFileBytes);
        _names.Link(path, inode);
        CutPowerIf(fault);
        return inode;
    }

    private DiskFault? BeginMetadata(string call, DiskOperation operation)
    {
        var fault = Begin(operation);
        if (fault == DiskFault.DiskFull)
        {
            throw new DiskFullException(operation.Path, 0);
        }

        if (fault == DiskFault.DeviceError)
        {
            Fail(call, operation.Path);
        }

        return fault;
    }

    private SimulatedInode Find(string path)
    {
        path = Path.GetFullPath(path);
        return _names.Find(path) ?? throw new FileNotFoundException($"'{path}' does not exist.", path);
    }

    private bool HasDirectory(string directory)
    {
        directory = Path.TrimEndingDirectorySeparator(directory);
        return directory == Path.GetPathRoot(directory) || _directories.Contains(directory);
    }

    private void ReplaceNames(SimulatedNames names)
    {
        _names.Release();
        _names = names;
    }

    private void ThrowIfNoDirectory(string directory)
    {
        if (!HasDirectory(directory))
        {
            throw new DirectoryNotFoundException($"The directory '{directory}' does not exist.");
        }
    }

    private void ThrowIfFailed()
    {
        if (_failure is not null)
        {
            throw _failure;
        }
    }

    private void ThrowIfPowerCut()
    {
        if (_powerCut)
        {
            throw new PowerCutException();
        }
    }

    private void Unlock(string path, int lifetime)
    {
        lock (Gate)
        {
            if (lifetime == _lifetime)
            {
                _locks.Remove(path);
            }
        }
    }

    private sealed class InjectedFault(DiskOperationKind? kind, DiskFault fault)
    {
        public DiskOperationKind? Kind => kind;

        public DiskFault Fault => fault;

        public required int Countdown { get; set; }
    }

    private sealed class SimulatedLock(SimulatedDisk disk, string path, int lifetime) : IDisposable
    {
        private bool _released;

        public void Dispose()
        {
            if (!_released)
            {
                _released = true;
                disk.Unlock(path, lifetime);
            }
        }
    }
}
