namespace HarmonyDB.Storage.Files;

/// <summary>An open file of a <see cref="SimulatedDisk"/>; useless after the disk crashed, like a descriptor of a process that ended.</summary>
internal sealed class SimulatedFile : IDiskFile
{
    private readonly SimulatedDisk _disk;
    private readonly SimulatedInode _inode;
    private readonly int _lifetime;
    private readonly bool _writable;
    private bool _disposed;

    public SimulatedFile(SimulatedDisk disk, SimulatedInode inode, string path, int lifetime, bool writable)
    {
        _disk = disk;
        _inode = inode;
        _lifetime = lifetime;
        _writable = writable;
        Path = path;
        inode.Memory.AddReference();
    }

    public string Path { get; }

    public long LengthBytes
    {
        get
        {
            lock (_disk.Gate)
            {
                ThrowIfUnusable();
                return _inode.LengthBytes;
            }
        }
    }

    public int Read(long offset, Span<byte> destination)
    {
        lock (_disk.Gate)
        {
            ThrowIfUnusable();
            return _inode.Read(offset, destination);
        }
    }

    public void Write(long offset, ReadOnlySpan<byte> source)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        lock (_disk.Gate)
        {
            ThrowIfNotWritable();
            var fault = _disk.Begin(new DiskOperation(DiskOperationKind.Write, Path, offset, source.Length));
            if (fault == DiskFault.DeviceError)
            {
                _disk.Fail("pwrite", Path);
            }

            if (fault == DiskFault.DiskFull || !_disk.TryGrow(_inode, offset + source.Length))
            {
                // A full disk stops a write anywhere in the middle of it; half is as good a place as any.
                var part = (int)Math.Clamp(Math.Min(source.Length / 2, _inode.LengthBytes - offset), 0, source.Length);
                _inode.Write(offset, source[..part]);
                throw new DiskFullException(Path, offset + source.Length);
            }

            _inode.Write(offset, source);
            _disk.CutPowerIf(fault);
        }
    }

    public void Allocate(long lengthBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(lengthBytes);
        lock (_disk.Gate)
        {
            if (lengthBytes > LengthBytes)
            {
                ChangeLength(DiskOperationKind.Allocate, lengthBytes);
            }
        }
    }

    public void SetLength(long lengthBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(lengthBytes);
        lock (_disk.Gate)
        {
            ChangeLength(DiskOperationKind.SetLength, lengthBytes);
        }
    }

    public void Flush()
    {
        lock (_disk.Gate)
        {
            ThrowIfNotWritable();
            var fault = _disk.Begin(new DiskOperation(DiskOperationKind.Flush, Path, 0, 0));
            _disk.CutPowerIf(fault);
            if (fault is not null)
            {
                _inode.DropUnflushed();
                _disk.Fail("fdatasync", Path);
            }

            _inode.Flush();
        }
    }

    public bool MapsBeyondEnd => true;

    public IDiskMapping Map(long lengthBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(lengthBytes);
        lock (_disk.Gate)
        {
            ThrowIfUnusable();
            return new SimulatedMapping(_disk, _inode, lengthBytes);
        }
    }

    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _inode.Memory.ReleaseReference();
        }
    }

    private void ChangeLength(DiskOperationKind kind, long lengthBytes)
    {
        ThrowIfNotWritable();
        var fault = _disk.Begin(new DiskOperation(kind, Path, 0, lengthBytes));
        if (fault == DiskFault.DeviceError)
        {
            _disk.Fail("ftruncate", Path);
        }

        if (fault == DiskFault.DiskFull || !_disk.TryGrow(_inode, lengthBytes))
        {
            throw new DiskFullException(Path, lengthBytes);
        }

        _inode.SetLength(lengthBytes);
        _disk.CutPowerIf(fault);
    }

    private void ThrowIfNotWritable()
    {
        ThrowIfUnusable();
        if (!_writable)
        {
            throw new UnauthorizedAccessException($"'{Path}' was opened read-only.");
        }
    }

    private void ThrowIfUnusable()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _disk.ThrowIfCrashedSince(_lifetime);
    }
}
