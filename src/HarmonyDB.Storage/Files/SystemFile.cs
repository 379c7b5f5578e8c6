using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;

namespace HarmonyDB.Storage.Files;

/// <summary>A file of a <see cref="SystemDisk"/>.</summary>
internal sealed class SystemFile : IDiskFile
{
    private const int ZeroFillBytes = 1 << 20;

    private readonly SystemDisk _disk;
    private readonly SafeFileHandle _handle;

    public SystemFile(SystemDisk disk, string path, SafeFileHandle handle)
    {
        _disk = disk;
        _handle = handle;
        Path = path;
    }

    public string Path { get; }

    public long LengthBytes => RandomAccess.GetLength(_handle);

    public int Read(long offset, Span<byte> destination)
    {
        var total = 0;
        while (total < destination.Length)
        {
            var count = RandomAccess.Read(_handle, destination[total..], offset + total);
            if (count == 0)
            {
                break;
            }

            total += count;
        }

        return total;
    }

    public void Write(long offset, ReadOnlySpan<byte> source)
    {
        _disk.ThrowIfFailed();
        try
        {
            RandomAccess.Write(_handle, source, offset);
        }
        catch (IOException exception)
        {
            ThrowWriteFailure("pwrite", exception.HResult, offset + source.Length);
        }
    }

    public void Allocate(long lengthBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(lengthBytes);
        _disk.ThrowIfFailed();
        if (!SystemCalls.TryAllocate(_handle, lengthBytes, out var error))
        {
            FillWithZeros(lengthBytes);
        }
        else if (error != 0)
        {
            ThrowWriteFailure("posix_fallocate", error, lengthBytes);
        }
    }

    public void SetLength(long lengthBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(lengthBytes);
        _disk.ThrowIfFailed();
        try
        {
            RandomAccess.SetLength(_handle, lengthBytes);
        }
        catch (IOException exception)
        {
            ThrowWriteFailure("ftruncate", exception.HResult, lengthBytes);
        }
    }

    public void Flush()
    {
        _disk.ThrowIfFailed();
        var error = SystemCalls.FlushFile(_handle);
        if (error != 0)
        {
            _disk.Fail("fdatasync", Path, error);
        }
    }

    public IDiskMapping Map(long lengthBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(lengthBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(lengthBytes, LengthBytes);
        return new SystemMapping(_handle, lengthBytes);
    }

    public void Dispose()
    {
        _handle.Dispose();
    }

    private void FillWithZeros(long lengthBytes)
    {
        var zeros = new byte[ZeroFillBytes];
        for (var offset = LengthBytes; offset < lengthBytes; offset += ZeroFillBytes)
        {
            Write(offset, zeros.AsSpan(0, (int)Math.Min(ZeroFillBytes, lengthBytes - offset)));
        }
    }

    private void ThrowWriteFailure(string operation, int error, long wantedBytes)
    {
        if (SystemCalls.IsDiskFull(error))
        {
            throw new DiskFullException(Path, wantedBytes);
        }

        _disk.Fail(operation, Path, error);
    }

    private sealed unsafe class SystemMapping : IDiskMapping
    {
        private readonly MemoryMappedFile _file;
        private readonly MemoryMappedViewAccessor _view;
        private byte* _pointer;

        public SystemMapping(SafeFileHandle handle, long lengthBytes)
        {
            _file = MemoryMappedFile.CreateFromFile(handle, mapName: null, capacity: 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            _view = _file.CreateViewAccessor(0, lengthBytes, MemoryMappedFileAccess.Read);

            // The pointer counts as a reference of the view's SafeHandle, so nothing but Dispose can unmap it.
            _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _pointer);
            _pointer += _view.PointerOffset;
            LengthBytes = lengthBytes;
        }

        public byte* Pointer
        {
            get
            {
                ObjectDisposedException.ThrowIf(_pointer == null, this);
                return _pointer;
            }
        }

        public long LengthBytes { get; }

        public void Dispose()
        {
            if (_pointer != null)
            {
                _pointer = null;
                _view.SafeMemoryMappedViewHandle.ReleasePointer();
                _view.Dispose();
                _file.Dispose();
            }
        }
    }
}
